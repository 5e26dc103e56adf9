using Lab.Data.ShapesQa;
using Lab.Runtime;
using Lab.Tests.Training;
using Lab.Training;
using Lab.VisionLanguage.Recipes;
using static TorchSharp.torch;

namespace Lab.Tests.VisionLanguage;

public sealed class VlmTrainingTests : IDisposable
{
    private static readonly VlmRecipe tiny = VlmRecipe.SQuick with
    {
        Name = "tiny",
        Model = new("tiny", VisionDim: 16, VisionDepth: 1, Dim: 16, Depth: 2, Heads: 2),
        Vision = new(5, 4),
        Language = new(5, 4),
        WarmupSteps = 1,
    };

    private readonly string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public void Dispose()
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("S-quick", 1.11)] // of the 1.3 planned
    [InlineData("S-long", 4.2)]
    [InlineData("M-full", 12.3)]
    public void Recipes_cost_what_the_specification_says(string name, double tera)
    {
        var recipe = new[] { VlmRecipe.SQuick, VlmRecipe.SLong, VlmRecipe.MFull }.Single(one => one.Name == name);
        Assert.InRange(recipe.Cost / 1e12, 0.99 * tera, 1.01 * tera);
    }

    [Fact]
    public void The_medium_model_starts_with_easy_questions_and_the_large_one_sees_larger_pictures()
    {
        Assert.Equal(["easy", "easy", "hard", "hard"], new long[] { 0, 399, 400, 999 }.Select(step => VlmRecipe.MFull.LanguageSetAt(step).Name));
        Assert.Equal("easy", VlmRecipe.MFull.VisionSetAt(599).Name);
        Assert.Equal(("hard", 64), (VlmRecipe.LGpu.LanguageSetAt(0).Name, VlmRecipe.LGpu.LanguageSetAt(0).Scenes.Size));
    }

    [Fact]
    public void Training_twice_gives_the_same_weights_and_another_seed_gives_others()
    {
        using var threads = new OneThread();
        using var first = TinyVlmStore.GetOrTrain(tiny, 0, cache: new(Path.Combine(folder, "a")));
        using var second = TinyVlmStore.GetOrTrain(tiny, 0, cache: new(Path.Combine(folder, "b")));
        using var other = TinyVlmStore.GetOrTrain(tiny, 1, cache: new(Path.Combine(folder, "a")));
        Assert.Equal(Weights(first.Model), Weights(second.Model));
        Assert.NotEqual(Weights(first.Model), Weights(other.Model));
        Assert.Equal([false, false, false], new[] { first, second, other }.Select(trained => trained.FromCache));
    }

    [Fact]
    public void The_second_stage_leaves_every_weight_of_the_encoder_as_it_was_and_changes_all_else()
    {
        using var model = TinyVlmStore.Untrained(tiny, 0);
        VlmTraining.TrainVision(model.Vision, tiny, 0, CPU, null, default);
        var before = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
        VlmTraining.TrainLanguage(model, tiny, 0, CPU, null, default);
        foreach (var (name, parameter) in model.named_parameters())
            Assert.True(name.StartsWith("vision.encoder.", StringComparison.Ordinal) == before[name].SequenceEqual(parameter.data<float>().ToArray()), name);
    }

    [Fact]
    public void In_the_second_stage_no_parameter_of_the_encoder_receives_a_gradient_even_if_it_asks_for_one()
    {
        using var model = TinyVlmStore.Untrained(tiny, 0);
        using var batch = QaSet.Easy.Generate(QaSplit.Train, 0, 4, VlmRecipe.Questions);
        using var loss = VlmTraining.LanguageLoss(model, batch, 0);
        loss.backward();
        foreach (var (name, parameter) in model.named_parameters())
        {
            Assert.True(parameter.requires_grad);
            Assert.True(name.StartsWith("vision.encoder.", StringComparison.Ordinal) == parameter.grad is null, name);
        }
    }

    [Fact]
    public void In_the_first_stage_the_decoder_takes_no_part()
    {
        using var model = TinyVlmStore.Untrained(tiny, 0);
        var before = model.Decoder.named_parameters().ToDictionary(p => p.name, p => p.parameter.data<float>().ToArray());
        var history = VlmTraining.TrainVision(model.Vision, tiny, 0, CPU, null, default);
        foreach (var (name, parameter) in model.Decoder.named_parameters()) Assert.Equal(before[name], parameter.data<float>().ToArray());
        Assert.Equal(["accuracy foreground patches", "accuracy background patches"], history[^1].Metrics.Keys);
    }

    [Fact]
    public void The_phrase_losses_of_an_untrained_model_are_those_of_guessing()
    {
        using var scope = NewDisposeScope();
        using var model = TinyVlmStore.Untrained(VlmRecipe.SQuick, 0);
        using var batch = QaSet.Easy.Generate(QaSplit.Train, 0, 32, 1);
        var words = model.Vision.Words;
        var phrases = stack([.. Enumerable.Range(0, QaSet.Phrases).Select(QaSet.PhraseWords).Select(words2 => words[words2.First] + words[words2.Second])]);

        // A patch that points exactly to its phrase: cosine 1 to it, logit exp(2.3).
        var aligned = phrases.index_select(0, batch.PatchPhrases.flatten()).view(32, 64, 48);
        var logits = model.Vision.Alignment.call(aligned, words);
        Near.Equal(full(32 * 64, (float)Math.Exp(2.3)), logits.flatten(0, 1).gather(1, batch.PatchPhrases.view(-1, 1)).squeeze(1));
        Assert.True(logits.argmax(-1).equal(batch.PatchPhrases).all().item<bool>());
        Assert.Equal(1, Math.Round(PatchAccuracy(logits, batch), 6));

        // No direction at all: cosine 0 to everything, so ln 28 and ln(1 + exp(-1.5)) for absent objects.
        var losses = model.Vision.Alignment.Losses(zeros(32, 64, 48), zeros(32, 48), words, batch);
        Assert.Equal(Math.Log(28), losses.Patch.item<float>(), 4);
        var present = batch.Present.mean().item<float>();
        Assert.Equal((1 - present) * Math.Log(1 + Math.Exp(-1.5)) + present * Math.Log(1 + Math.Exp(1.5)), losses.Class.item<float>(), 4);
        var centres = batch.Centres.mean().item<float>();
        Assert.Equal((5 * centres + 1 - centres) * Math.Log(2), losses.Centre.item<float>(), 4);
    }

    [Fact]
    public void A_trained_model_comes_back_from_the_cache_with_its_history_unless_it_is_forced_or_damaged()
    {
        var cache = new ModelCache(folder);
        using var trained = TinyVlmStore.GetOrTrain(tiny, 0, cache: cache);
        var told = new Toy.Reports();
        using var again = TinyVlmStore.GetOrTrain(tiny, 0, cache: cache, progress: told);
        Assert.True(again.FromCache);
        Assert.Equal(trained.History.Select(report => (report.Run, report.Step, report.Loss)), told.All.Select(report => (report.Run, report.Step, report.Loss)));
        Assert.All(told.All, report => Assert.True(report.IsPast));
        Assert.Equal(Weights(trained.Model), Weights(again.Model));
        Assert.Equal(["tiny, stage 1, seed 0", "tiny, stage 2, seed 0"], again.History.Select(report => report.Run).Distinct());
        Assert.Contains("accuracy countAll", again.History[^1].Metrics.Keys);
        Assert.Equal(2, Directory.GetFiles(folder).Length); // the encoder by itself, and the whole; no lock is left behind

        using var forced = TinyVlmStore.GetOrTrain(tiny, 0, cache: cache, force: true);
        Assert.False(forced.FromCache);

        foreach (var file in Directory.GetFiles(folder)) File.WriteAllBytes(file, [1, 2, 3]);
        using var anew = TinyVlmStore.GetOrTrain(tiny, 0, cache: cache);
        Assert.False(anew.FromCache);

        // Another second stage goes on from the same encoder.
        using var longer = TinyVlmStore.GetOrTrain(tiny with { Language = new(6, 4) }, 0, cache: cache);
        Assert.Equal(3, Directory.GetFiles(folder).Length);
    }

    [Fact]
    public async Task A_process_that_finds_another_training_the_same_model_waits_for_it()
    {
        var cache = new ModelCache(folder);
        Directory.CreateDirectory(folder);
        var path = cache.PathOf("key");
        IReadOnlyList<TrainingProgress> history = [new("run", 1, 1, 0.5, 1e-3, 1, TimeSpan.Zero, new Dictionary<string, double>())];
        using (new FileStream(path + ".lock", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            await Task.Run(() => Assert.Throws<OperationCanceledException>(
                () => cache.LoadOrTrain(nn.Linear(2, 2), "key", () => throw new InvalidOperationException("trained in spite of the other"), null, cancellation: stop.Token)));
        }

        File.Delete(path + ".lock");
        using var module = nn.Linear(2, 2);
        Assert.False(cache.LoadOrTrain(module, "key", () => history, null).FromCache);
    }

    [Fact]
    public void A_few_steps_lower_both_losses()
    {
        using var model = TinyVlmStore.Untrained(tiny, 0);
        var recipe = tiny with { Vision = new(30, 16), Language = new(30, 8) };
        var vision = VlmTraining.TrainVision(model.Vision, recipe, 0, CPU, null, default);
        var language = VlmTraining.TrainLanguage(model, recipe, 0, CPU, null, default);
        Assert.True(vision[^1].Loss < 0.9 * vision[0].Loss, $"stage 1: {vision[0].Loss} -> {vision[^1].Loss}");
        Assert.True(language[^1].Loss < 0.9 * language[0].Loss, $"stage 2: {language[0].Loss} -> {language[^1].Loss}");
        Assert.False(model.training);
    }

    [Fact]
    public void Training_keeps_no_tensors()
    {
        using var model = TinyVlmStore.Untrained(tiny, 0);
        using var batch = QaSet.Easy.Generate(QaSplit.Train, 0, 4, VlmRecipe.Questions);
        LiveTensors.NothingStays(() =>
        {
            using var scope = NewDisposeScope();
            VlmTraining.VisionLoss(model.Vision, batch).backward();
            VlmTraining.LanguageLoss(model, batch, 0).backward();
        });
    }

    [Fact]
    public void Recipes_outside_their_range_are_refused()
    {
        Assert.Throws<ArgumentException>(() => TinyVlmStore.GetOrTrain(tiny with { Vision = new(1, 4) }, 0, cache: new(folder)));
        Assert.Throws<ArgumentException>(() => TinyVlmStore.GetOrTrain(tiny with { EasyStart = 1.5 }, 0, cache: new(folder)));
    }

    private static double PatchAccuracy(Tensor logits, QaBatch batch) => logits.argmax(-1).eq(batch.PatchPhrases).to(ScalarType.Float64).mean().item<double>();

    private static float[] Weights(nn.Module module) => [.. module.state_dict().OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value.data<float>().ToArray())];
}
