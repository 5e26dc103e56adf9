using System.Text;
using Lab.Data.Grammars;
using Lab.Generation;
using Lab.Metrics;
using Lab.Nn;
using Lab.Tests.Text;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Metrics;

public sealed class ByteScoresTests : IDisposable
{
    private static readonly Lab.Data.TextSplits corpus = new Grammar().Splits(40_000, language: 0);
    private static readonly Bpe tokenizer = Texts.Trained(Encoding.UTF8.GetString(corpus.Train), 320, PreTokenizer.Words);
    private static readonly TinyWordLmOptions options = new(new(32, 1, 32, 1, 16), WordSplitter.Whitespace, Steps: 60) { WordsPerStep = 128, LearningRate = 0.01 };

    private readonly string folder = Directory.CreateTempSubdirectory("lab-scores-").FullName;
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private TinyWordLm Words => TinyWordLm.GetOrTrain(options, corpus, cache: new ModelCache(folder));

    private static WordText Test(int words) => new(corpus.Test[..Whole.Starts[words]], Whole.Starts[..(words + 1)]);

    private static WordText Whole { get; } = WordSplitter.Whitespace.Split(corpus.Test);

    [Fact]
    public void Word_accuracy_is_that_of_greedy_spelling_from_the_true_words_before()
    {
        using var model = Words;
        var text = Test(16); // one window, so that scoring and spelling see the same words
        var scores = model.Score(text.Bytes);
        var spelled = Enumerable.Range(1, text.Count - 1).Count(word =>
        {
            var before = new WordText(text.Bytes[..text.Starts[word]], text.Starts[..(word + 1)]);
            return WordSampler.Sample(model.Model, before, 1, new() { Temperature = 0 }).AsSpan().SequenceEqual(text[word]);
        });
        Assert.Equal(spelled / 15.0, scores.WordAccuracy(text), 9);
        Assert.True(spelled > 0, "No word was right: the test would test nothing.");
    }

    [Fact]
    public void Word_accuracy_of_tokens_is_that_of_greedy_decoding_from_the_true_tokens_before()
    {
        using var model = TinyLm.GetOrTrain(new(new(320, 32, 1, 2, 64), Steps: 120) { TokensPerStep = 512, LearningRate = 0.01 }, tokenizer, corpus, cache: new ModelCache(folder));
        var text = Test(20);
        var ids = tokenizer.Encode(text.Bytes);
        Assert.InRange(ids.Length, 21, 64);
        var (start, right) = (tokenizer.Encode(text[0]).Length, 0);
        for (var word = 1; word < text.Count; word++)
        {
            var units = tokenizer.Encode(text[word]);
            if (TokenSampler.Sample(model.Model, ids[..start], units.Length, new() { Temperature = 0 }).SequenceEqual(units)) right++;
            start += units.Length;
        }
        Assert.Equal(right / 19.0, ByteScores.Of(model.Model, ids, tokenizer.Vocabulary).WordAccuracy(text), 9);
        Assert.True(right > 0, "No word was right: the test would test nothing.");
    }

    [Fact]
    public void A_model_that_has_learned_nothing_needs_the_bits_of_the_uniform_law()
    {
        using var model = new WordLm(options.Model);
        var words = Test(100);
        var units = (double)(words.Bytes.Length + words.Count) / words.Bytes.Length;
        Assert.InRange(ByteScores.Of(model, words).BitsOf(words).Value / (Math.Log2(257) * units), 0.95, 1.05);
    }

    [Fact]
    public void Every_unit_is_scored_once_and_bits_are_the_loss()
    {
        using var model = Words;
        var words = Test(8);
        using var batch = WordBatch.Of(words, [0], 8, 16);
        var scores = ByteScores.Of(model.Model, words);
        Assert.Equal(model.Model.Loss(batch).item<float>() * batch.Units / Math.Log(2), scores.Bits.Sum() + scores.EndBits.Sum(), 2);
        var longer = ByteScores.Of(model.Model, Test(100));
        Assert.All(longer.Bits, bits => Assert.True(bits > 0));
        Assert.Equal(100, longer.EndBits.Count(bits => bits > 0));
    }

    [Fact]
    public void Words_that_are_not_asked_for_do_not_count()
    {
        using var model = Words;
        var text = Test(60);
        var scores = model.Score(text.Bytes);
        var (even, odd) = (scores.BitsOf(text, word => word % 2 == 0), scores.BitsOf(text, word => word % 2 == 1));
        var all = scores.BitsOf(text);
        Assert.Equal(all.Bits, even.Bits + odd.Bits, 6);
        Assert.Equal(all.Bytes, even.Bytes + odd.Bytes);
        Assert.Equal(text.Bytes.Length - text.Starts[1], all.Bytes);
    }

    [Fact]
    public void Constant_text_is_learned_to_almost_no_bits()
    {
        var constant = new Lab.Data.TextSplits("constant", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("ab ", 2000))), [], []);
        using var model = TinyWordLm.GetOrTrain(options with { Steps = 80 }, constant, cache: new ModelCache(folder));
        Assert.True(model.Score(constant.Train[..3000]).BitsOf(model.Split(constant.Train[..3000])).Value < 0.05);
    }

    [Fact]
    public void A_word_model_from_the_cache_is_the_trained_one_and_options_decide_the_key()
    {
        var brief = options with { Steps = 2 };
        using var trained = Get(brief);
        using var cached = Get(brief);
        Assert.False(trained.FromCache);
        Assert.True(cached.FromCache);
        Assert.Equal(trained.Score(Test(50).Bytes).Bits, cached.Score(Test(50).Bytes).Bits);
        foreach (var other in new[] { brief with { Seed = 1 }, brief with { Splitter = WordSplitter.FixedBytes(8) }, brief with { Model = brief.Model with { Prefixes = 2 } } })
            using (var fresh = Get(other)) Assert.False(fresh.FromCache);
        Assert.Contains("whole windows of 16 words", Assert.Throws<ArgumentException>(() => Get(brief with { WordsPerStep = 17 })).Message);

        TinyWordLm Get(TinyWordLmOptions how) => TinyWordLm.GetOrTrain(how, corpus, cache: new ModelCache(folder));
    }

    [Theory]
    [InlineData(10, 16)]
    [InlineData(16, 16)]
    [InlineData(17, 16)]
    [InlineData(100, 16)]
    [InlineData(5, 1)]
    public void Windows_score_every_unit_once(int units, int length)
    {
        length = Math.Min(length, units);
        var scored = ScoringWindow.Over(units, length, first: 0).SelectMany(window => Enumerable.Range(window.Start + window.From, length - window.From)).ToArray();
        Assert.Equal(Enumerable.Range(0, units), scored);
    }
}
