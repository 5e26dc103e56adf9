using System.Text;
using Lab.Data;
using Lab.Data.Grammars;
using Lab.Generation;
using Lab.Metrics;
using Lab.Nn;
using Lab.Papers.LearnYourTokens;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.LearnYourTokens;

// Causality, padding and generation with several vectors per word are tested where the model is: WordLmTests.
public sealed class PooledTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-pooled-").FullName;
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static readonly PooledExperiment tiny = new()
    {
        Width = 32,
        Layers = 1,
        Prefixes = 2,
        ContextBytes = 48,
        Subwords = 280,
        WordVocabulary = 50,
        Steps = 4,
        Windows = 4,
        ScoredBytes = 1_500,
    };

    private static WordText Split(string text, int mostBytes = int.MaxValue) => WordSplitter.Whitespace.Split(Encoding.UTF8.GetBytes(text), mostBytes);

    [Fact]
    public void Attention_over_words_costs_what_attention_over_bytes_does_when_every_word_has_as_many_bytes_as_vectors()
    {
        // 8 words of 4 bytes, 4 vectors each: as many positions as bytes. What is left of attention is that inside words.
        var words = Split(string.Concat(Enumerable.Repeat("abc ", 8)));
        var options = new WordLmOptions(32, 1, 32, 3, 8) { Prefixes = 4, MaxWordBytes = 4 };
        var inside = 8 * 2 * 4 * 8.0 * 8 * 32;
        var ofBytes = ForwardCost.Of(new DecoderOptions(256, 32, 3, 1, 32), 32).Attention;
        Assert.Equal(2 * 2 * 32.0 * 32 * 32 * 3, ofBytes, 3);
        Assert.Equal(ofBytes, ForwardCost.Of(options, words).Attention - inside, 3);
    }

    [Fact]
    public void With_one_vector_per_word_the_main_decoder_sees_as_many_vectors_as_words()
    {
        var model = new WordLm(new(16, 1, 16, 2, 5) { MaxWordBytes = 12 });
        using var batch = WordBatch.Of(Split("one two three four five"), [0], 5, 12);
        Assert.Equal([1, 5, 1, 16], model.Encode(batch).shape);
        Assert.False(model.Options.Projected);
        Assert.Equal(5, model.BackboneOptions.Context);
        Assert.Equal(20, new WordLm(new(16, 1, 16, 2, 5) { Prefixes = 4 }).BackboneOptions.Context);
    }

    [Fact]
    public void A_word_longer_than_the_canvas_is_split_and_joined_without_loss()
    {
        var words = Split("unquestionableness is", 12);
        Assert.Equal([0, 12, 19, 21], words.Starts);
        Assert.Equal("unquestionableness is", Encoding.UTF8.GetString([.. words[0], .. words[1], .. words[2]]));
    }

    [Fact]
    public void Word_accuracy_of_several_vectors_is_that_of_greedy_spelling_on_500_words()
    {
        var corpus = new Grammar().Splits(60_000, 0);
        using var model = TinyWordLm.GetOrTrain(
            new(new(32, 1, 32, 1, 32) { Prefixes = 2, MaxWordBytes = 12 }, WordSplitter.Whitespace, Steps: 60) { WordsPerStep = 128, LearningRate = 0.01 }, corpus, cache: new ModelCache(folder));
        var (text, right, counted) = (WordSplitter.Whitespace.Split(corpus.Test, 12), 0, 0);
        var accuracy = new List<double>();
        for (var start = 0; counted < 500; start += 32) // windows of the context, so that scoring and spelling see the same words
        {
            var window = new WordText(text.Bytes[text.Starts[start]..text.Starts[start + 32]], [.. text.Starts[start..(start + 33)].Select(at => at - text.Starts[start])]);
            accuracy.Add(ByteScores.Of(model.Model, window).WordAccuracy(window));
            for (var word = 1; word < 32; word++, counted++)
            {
                var before = new WordText(window.Bytes[..window.Starts[word]], window.Starts[..(word + 1)]);
                if (WordSampler.Sample(model.Model, before, 1, new() { Temperature = 0 }).AsSpan().SequenceEqual(window[word])) right++;
            }
        }
        Assert.Equal((double)right / counted, accuracy.Average(), 9);
        Assert.InRange(right, 1, counted - 1);
    }

    [Fact]
    public void Buckets_count_words_by_how_often_training_had_them()
    {
        var counts = WordCounts.Of(Split(string.Concat(Enumerable.Repeat("a ", 100)) + string.Concat(Enumerable.Repeat("b ", 19)) + "c c c c "));
        var test = Split("x a b c d a ");
        var right = new bool[test.Bytes.Length];
        Array.Fill(right, true);
        right[test.Starts[3]] = false; // c
        var buckets = counts.Buckets(new(test.Bytes, new float[right.Length], new float[right.Length], right), test);
        Assert.Equal([("0", 1, 1), ("1-4", 1, 0), ("5-19", 1, 1), ("20-99", 0, 0), ("100 and more", 2, 2)], buckets.Select(b => (b.Name, b.Words, b.Right)));
        Assert.Equal(1, buckets[4].Accuracy);
        Assert.True(double.IsNaN(buckets[3].Accuracy));
        Assert.Equal(0.49, new FrequencyBucket("", 0, 0).Interval, 3); // 1.96 sqrt(0.25 / 4): nothing is known
    }

    [Fact]
    public void A_word_that_is_drawn_is_right_as_often_as_it_is_probable()
    {
        // Three words of 1, 2 and 1 bytes with a space each; the first does not count. Bits of units and of ends of words add up.
        var words = Split("x ab c ");
        float[] bits = [9, 9, 1, 0, 1, 3, 0], ends = [0, 9, 0, 0, 1, 0, 1];
        var scores = new ByteScores(words.Bytes, bits, ends, new bool[bits.Length]);
        Assert.Equal((1 / 8.0 + 1 / 16.0) / 2, scores.SampledAccuracy(words), 9);
        Assert.Equal(1 / 16.0, scores.SampledAccuracy(words, word => word == 2), 9);
        Assert.Equal(7 / 5.0, scores.BitsOf(words).Value, 9); // of the 5 bytes that count
    }

    [Fact]
    public void A_drawn_word_of_a_model_of_whole_words_is_never_an_unknown_one()
    {
        var corpus = new Grammar().Splits(30_000, 0);
        using var results = (tiny with { WordVocabulary = 1 }).Run(corpus, [1], cache: new ModelCache(folder));
        var (arm, text) = (results.Runs[0].Words, WordSplitter.Whitespace.Split(results.Runs[0].Words.Scores.Text));
        var known = WordCounts.Of(WordSplitter.Whitespace.Split(corpus.Train)).ByFrequency.First();
        var expected = Enumerable.Range(1, text.Count - 1).Average(word => text[word].SequenceEqual(known) ? arm.Scores.Probability(text, word) : 0);
        Assert.Equal(expected, arm.SampledAccuracy, 9);
        Assert.True(arm.SampledAccuracy < arm.Scores.SampledAccuracy(text)); // which takes the unknown token for the word
    }

    [Fact]
    public void A_model_of_whole_words_predicts_the_most_likely_known_one()
    {
        var vocabulary = new WordVocabulary(Split("b a a c c c "), 2);
        Assert.Equal(3, vocabulary.Size);
        Assert.Equal([1, 2, WordVocabulary.Unknown, WordVocabulary.Unknown], vocabulary.Encode(Split("c a b z ")));

        // Equal logits: of all tokens the unknown one, the first, is the prediction; of the known ones it is "c".
        var words = Split("c a c z ");
        using var model = new Lab.Nn.Decoder(new(3, 16, 1, 1, 8));
        using (no_grad()) model.get_parameter("transformer.ln_f.weight")!.zero_();
        using (no_grad()) model.get_parameter("transformer.ln_f.bias")!.zero_();
        Assert.Equal([true, false, true, false], Right(ByteScores.Of(model, vocabulary.Encode(words), words, WordVocabulary.Unknown)));
        Assert.Equal([true, false, false, true], Right(ByteScores.Of(model, vocabulary.Encode(words), words)));
        bool[] Right(ByteScores scores) => [.. Enumerable.Range(0, words.Count).Select(word => scores.IsRight(words, word))];
    }

    [Fact]
    public void All_models_but_the_larger_p_of_full_width_cost_the_same_per_byte_and_see_the_same_bytes()
    {
        var corpus = new Grammar().Splits(60_000, 0);
        foreach (var experiment in new[] { tiny, PooledExperiment.Quick with { Steps = 1, Windows = 2, ScoredBytes = 500 } })
        {
            using var results = experiment.Run(corpus, [1], cache: new ModelCache(folder));
            var run = results.Runs[0];
            foreach (var arm in new[] { run.Chars, run.Subwords, run.Words, run.Narrow })
            {
                Assert.InRange(arm.CostPerByte / run.Single.CostPerByte, 0.95, 1.05);
                Assert.InRange(arm.BytesSeen / run.Single.BytesSeen, 0.93, 1.07);
            }
            Assert.True(run.Several.CostPerByte > run.Single.CostPerByte);
        }
    }

    [Fact]
    public void The_narrow_model_differs_from_that_with_several_vectors_in_width_alone()
    {
        var corpus = new Grammar().Splits(60_000, 0);
        foreach (var experiment in new[] { tiny, PooledExperiment.Quick, PooledExperiment.Full })
        {
            var (several, narrow) = (experiment.Pooled(corpus, experiment.Prefixes, 1), experiment.Narrow(corpus, 1));
            Assert.InRange(narrow.Model.Width, experiment.Width / 2, experiment.Width - 1);
            Assert.False(narrow.Model.Projected);
            Assert.Equal(several with { LearningRate = 1, Model = Sizeless(several) }, narrow with { LearningRate = 1, Model = Sizeless(narrow) });
        }
        Assert.Contains("choose fewer vectors", Assert.Throws<ArgumentException>(() => (tiny with { Width = 3, Prefixes = 8 }).Narrow(corpus, 1)).Message);

        static WordLmOptions Sizeless(TinyWordLmOptions options) => options.Model with { Width = 32, CharWidth = 32, Heads = 1, CharHeads = 1 };
    }

    [Fact]
    public void A_model_under_another_mask_is_another_model_unless_it_has_one_vector_per_word()
    {
        var (corpus, cache) = (new Grammar().Splits(30_000, 0), new ModelCache(folder));
        var blocks = tiny with { Mask = BackboneMask.BlockCausal };
        Assert.False(FromCache(tiny, 2));
        Assert.False(FromCache(blocks, 2));
        Assert.True(FromCache(blocks, 2));
        Assert.False(FromCache(tiny, 1));
        Assert.True(FromCache(blocks, 1));

        bool FromCache(PooledExperiment experiment, int prefixes)
        {
            using var model = TinyWordLm.GetOrTrain(experiment.Pooled(corpus, prefixes, 1), corpus, cache: cache);
            return model.FromCache;
        }
    }

    [Fact]
    public void A_run_measures_every_claim()
    {
        var corpus = new Grammar().Splits(30_000, 0);
        using var results = (tiny with { Steps = 20, LearningRates = new(0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01) }).Run(corpus, [1], cache: new ModelCache(folder));
        var claims = results.Claims().Items;
        Assert.Equal(9, claims.Count);
        Assert.All(claims.Skip(3), claim => Assert.All(claim.Margins, margin => Assert.False(double.IsNaN(margin), claim.Name)));
        Assert.Equal(0, results.Runs[0].Words.Buckets[0].Right);
        Assert.Null(results.Runs[0].Words.BitsPerByte);
        Assert.InRange(results.Runs[0].UnknownShare, 0.05, 0.95);
        Assert.Equal(results.Runs[0].Single.Buckets.Sum(b => b.Words), results.Runs[0].Words.Buckets.Sum(b => b.Words));
    }

    [Fact]
    public void Pictures_and_tables_show_a_run()
    {
        var corpus = new Grammar().Splits(30_000, 0);
        using var results = tiny.Run(corpus, [1], cache: new ModelCache(folder));
        var run = results.Runs[0];
        Assert.Equal(7, PooledTables.Models(results).Rows.Count);
        Assert.Equal(6, PooledTables.Frequencies(results).Columns.Count); // the model and five buckets
        Assert.Equal((4, 9), (PooledTables.Frequent(results, 4).Rows.Count, PooledTables.Frequent(results, 4).Columns.Count));
        var changed = PooledTables.Changed(results, 3);
        Assert.Equal(6, changed.Rows.Count);
        Assert.True(Difference(0) >= Difference(5));
        Assert.Equal(7, Plotly.NET.GenericChart.getTraces(PooledFigures.Frequencies(results)).Count());
        Assert.Equal(6, Plotly.NET.GenericChart.getTraces(PooledFigures.Words(run, 5)).Count()); // whole words cannot spell
        Assert.Equal(3, Plotly.NET.GenericChart.getTraces(PooledFigures.Costs(tiny, corpus)).Count());

        double Difference(int row) => Convert.ToDouble(changed.Rows[row][3]) - Convert.ToDouble(changed.Rows[row][4]);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Contains("no space and so is one word", Assert.Throws<ArgumentException>(() => tiny.Run(Corpus("word"), [1])).Message);
        Assert.Contains("no space and so is empty", Assert.Throws<ArgumentException>(() => tiny.Run(Corpus(""), [1])).Message);
        Assert.Throws<ArgumentException>(() => tiny.Run(Corpus("a b"), []));
        Assert.Throws<ArgumentOutOfRangeException>(() => (tiny with { Prefixes = 0 }).Run(new Grammar().Splits(20_000, 0), [1], cache: new ModelCache(folder)));
        Assert.Throws<ArgumentOutOfRangeException>(() => (tiny with { Canvas = 0 }).Run(new Grammar().Splits(20_000, 0), [1], cache: new ModelCache(folder)));
        Assert.Throws<ArgumentException>(() => new WordVocabulary(Split(""), 5));
        Assert.Throws<ArgumentException>(() => PooledExperiment.Of("slow"));
        Assert.Contains("no books in 'xx'", Assert.Throws<ArgumentException>(() => (tiny with { Language = "xx" }).LoadCorpus()).Message);

        static TextSplits Corpus(string text) => new("a text", Encoding.UTF8.GetBytes(text), [], []);
    }
}
