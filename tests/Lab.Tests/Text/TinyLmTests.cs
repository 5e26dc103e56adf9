using System.Text;
using Lab.Data;
using Lab.Data.Grammars;
using Lab.Nn;
using Lab.Tests.Training;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Text;

public sealed class TinyLmTests : IDisposable
{
    private static readonly TextSplits corpus = new Grammar().Splits(40_000, language: 0);
    private static readonly Bpe tokenizer = Texts.Trained(Encoding.UTF8.GetString(corpus.Train), 320, PreTokenizer.SpacePrefix);
    private static readonly TinyLmOptions options = new(new(320, 32, 1, 2, 32), Steps: 40) { TokensPerStep = 256 };

    private readonly string folder = Directory.CreateTempSubdirectory("lab-tinylm-").FullName;
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private ModelCache Cache => new(folder);

    private TinyLm Get(TinyLmOptions? other = null, Bpe? otherTokenizer = null, TextSplits? otherCorpus = null) =>
        TinyLm.GetOrTrain(other ?? options, otherTokenizer ?? tokenizer, otherCorpus ?? corpus, cache: Cache);

    [Fact]
    public void It_learns_and_continues_a_text()
    {
        using var model = Get();
        Assert.InRange(model.Score(corpus.Test).Value, 1, 4.2); // a uniform model needs log2(320) bits per token, about 5 per byte
        Assert.True(model.History[^1].Loss < model.History[0].Loss - 0.5);
        var continued = model.Continue("Ta", 20, new() { Seed = 1 });
        Assert.Equal(continued, model.Continue("Ta", 20, new() { Seed = 1 }));
        Assert.True(continued.Length >= 20);
    }

    [Fact]
    public void Constant_text_is_learned_to_almost_no_bits()
    {
        var constant = new TextSplits("constant", Encoding.ASCII.GetBytes(new string('x', 5000)), [], []);
        using var model = TinyLm.GetOrTrain(new(new(256, 16, 1, 2, 16), Steps: 60) { TokensPerStep = 64, LearningRate = 0.01 }, Bpe.OfMerges([], PreTokenizer.Gpt2), constant, cache: Cache);
        Assert.True(model.Score(constant.Train).Value < 0.05);
    }

    [Fact]
    public void A_model_from_the_cache_is_the_trained_one_bit_for_bit()
    {
        using var trained = Get();
        using var cached = Get();
        Assert.False(trained.FromCache);
        Assert.True(cached.FromCache);
        Assert.Equal(Toy.Weights(trained.Model), Toy.Weights(cached.Model));
        var ids = randint(320, [1, 20]);
        Assert.True(trained.Model.call(ids).equal(cached.Model.call(ids)).all().item<bool>());
        Assert.Equal(trained.History.Select(h => h.Loss), cached.History.Select(h => h.Loss));
        Assert.False(cached.Model.training);
    }

    [Fact]
    public void The_same_options_train_the_same_weights()
    {
        using var first = Get();
        Directory.Delete(folder, recursive: true);
        using var second = Get();
        Assert.False(second.FromCache);
        Assert.Equal(Toy.Weights(first.Model), Toy.Weights(second.Model));
    }

    [Fact]
    public void Whatever_decides_the_weights_decides_the_key()
    {
        var brief = options with { Steps = 2 };
        using var first = Get(brief);
        foreach (var other in new[]
        {
            Get(brief with { Seed = 1 }), Get(brief with { Steps = 3 }), Get(brief with { Model = brief.Model with { Position = DecoderPosition.Rotary } }),
            Get(brief, new Bpe(tokenizer.Vocabulary, tokenizer.Merges, PreTokenizer.Words)), Get(brief, null, corpus with { Train = corpus.Train[..^100] }),
        })
            using (other) Assert.False(other.FromCache);
        using var again = Get(brief);
        Assert.True(again.FromCache);
    }

    [Fact]
    public void A_damaged_file_is_deleted_and_the_model_trained_anew()
    {
        var brief = options with { Steps = 2 };
        using var first = Get(brief);
        var path = Assert.Single(Directory.GetFiles(folder));
        var content = File.ReadAllBytes(path);
        content[^5] ^= 1;
        File.WriteAllBytes(path, content);

        using var second = Get(brief);
        Assert.False(second.FromCache);
        Assert.Equal(Toy.Weights(first.Model), Toy.Weights(second.Model));

        File.WriteAllBytes(path, content[..100]);
        using var third = Get(brief);
        Assert.False(third.FromCache);
    }

    [Fact]
    public void A_damaged_file_is_reported_in_one_line()
    {
        using var model = new Lab.Nn.Decoder(options.Model);
        Cache.Save(model, "key", []);
        File.AppendAllText(Cache.PathOf("key"), "x");
        var reports = new List<string>();
        Assert.Null(Cache.TryLoad(model, "key", reports.Add));
        Assert.Contains("damaged and is deleted", Assert.Single(reports));
        Assert.False(File.Exists(Cache.PathOf("key")));
        Assert.Null(Cache.TryLoad(model, "key", reports.Add));
        Assert.Single(reports);
    }

    [Fact]
    public void Savers_of_one_key_at_the_same_time_do_not_disturb_each_other_nor_who_loads_it()
    {
        using var model = new Lab.Nn.Decoder(options.Model);
        Cache.Save(model, "key", []);
        var reports = new System.Collections.Concurrent.ConcurrentQueue<string>();
        Parallel.For(0, 40, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            if (i % 4 != 0) { Cache.Save(model, "key", []); return; }
            using var other = new Lab.Nn.Decoder(options.Model);
            Assert.NotNull(Cache.TryLoad(other, "key", reports.Enqueue));
        });
        Assert.Empty(reports);
        Assert.Equal([Cache.PathOf("key")], Directory.GetFiles(folder)); // no temporary file stays
    }

    [Fact]
    public void Training_tokens_of_the_callers_own_are_learned_from_and_decide_the_key()
    {
        var brief = options with { Steps = 2 };
        using var plain = Get(brief);
        var tokens = tokenizer.Encode(corpus.Train);
        TinyLm Own(int[] own) => TinyLm.GetOrTrain(brief, tokenizer, corpus, cache: Cache, trainingTokens: own);
        using var same = Own(tokens);
        using var reversed = Own([.. tokens.Reverse()]);
        using var again = Own([.. tokens.Reverse()]);
        Assert.Equal([false, false, true], new[] { same, reversed, again }.Select(model => model.FromCache));
        Assert.Equal(Toy.Weights(plain.Model), Toy.Weights(same.Model));
        Assert.NotEqual(Toy.Weights(plain.Model), Toy.Weights(reversed.Model));
    }

    [Fact]
    public void A_stopped_training_leaves_nothing_in_the_cache()
    {
        Assert.Throws<OperationCanceledException>(() => TinyLm.GetOrTrain(options, tokenizer, corpus, cache: Cache, cancellation: new CancellationToken(true)));
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void Options_that_do_not_fit_are_refused()
    {
        Assert.Contains("the model has 320 tokens, but the tokenizer 256", Assert.Throws<ArgumentException>(() => Get(null, Bpe.OfMerges([], PreTokenizer.Gpt2))).Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("whole windows of 32 tokens", Assert.Throws<ArgumentException>(() => Get(options with { TokensPerStep = 33 })).Message);
        Assert.Contains("need a text of more than 32 tokens", Assert.Throws<ArgumentException>(() => Get(null, null, corpus with { Train = "a b"u8.ToArray() })).Message);
    }
}
