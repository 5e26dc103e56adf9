using Lab.Data;
using Lab.Metrics;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-trainer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string CheckpointPath => Path.Combine(folder, "run", "checkpoint.safetensors");

    [Fact]
    public void A_toy_task_is_learned_and_the_module_is_left_in_evaluation_mode_with_the_averaged_weights()
    {
        using var model = Toy.Model();
        var history = Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), Toy.Options(200), () => Test(model));
        Assert.False(model.training);
        Assert.True(history[^1].Metrics["accuracy"] > 0.95, $"{history[^1]}");
        Assert.Equal(history[^1].Metrics, Test(model));
        Assert.True(history[^1].Loss < 0.6 * history[0].Loss);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_another_seed_others()
    {
        byte[] Train(long seed)
        {
            using var model = Toy.Model();
            Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), Toy.Options(20) with { Seed = seed });
            return Toy.Weights(model);
        }

        var weights = Train(1);
        Assert.Equal(weights, Train(1));
        Assert.NotEqual(weights, Train(2));
    }

    [Fact]
    public void On_the_CPU_autocast_changes_no_bit()
    {
        using var with = Toy.Model();
        Trainer.Run(with, new Toy.Batches(), Toy.Loss(with), Toy.Options(10) with { Autocast = true });
        using var without = Toy.Model();
        Trainer.Run(without, new Toy.Batches(), Toy.Loss(without), Toy.Options(10) with { Autocast = false });
        Assert.Equal(Toy.Weights(without), Toy.Weights(with));
    }

    [Fact]
    public void Evaluating_or_reporting_more_often_changes_no_weight()
    {
        using var plain = Toy.Model();
        Trainer.Run(plain, new Toy.Batches(), Toy.Loss(plain), Toy.Options(20));
        using var watched = Toy.Model();
        Trainer.Run(watched, new Toy.Batches(), Toy.Loss(watched), Toy.Options(20) with { EvaluationInterval = 3, LogInterval = 1 }, () => Test(watched));
        Assert.Equal(Toy.Weights(plain), Toy.Weights(watched));
    }

    [Fact]
    public void A_run_cancelled_at_any_step_goes_on_to_the_same_weights_and_reports_bit_for_bit()
    {
        using var unbroken = Toy.Model();
        var expected = Trainer.Run(unbroken, new Toy.Batches(), Toy.Loss(unbroken), Toy.Options(20) with { EvaluationInterval = 10 }, () => Test(unbroken));

        for (var stop = 1; stop < 20; stop += 3)
        {
            var options = Toy.Options(20) with { EvaluationInterval = 10, CheckpointPath = Path.Combine(folder, $"{stop}"), LogFolder = Path.Combine(folder, $"log{stop}") };
            using var first = Toy.Model();
            using var cancellation = new CancellationTokenSource();
            var steps = 0;
            Assert.Throws<OperationCanceledException>(() => Trainer.Run(first, new Toy.Batches(), batch =>
            {
                if (++steps == stop) cancellation.Cancel();
                return Toy.Loss(first)(batch);
            }, options, () => Test(first), cancellation: cancellation.Token));
            Assert.Equal(stop, steps);

            using var second = Toy.Model(hidden: 16);
            var batches = new Toy.Batches();
            var history = Trainer.Run(second, batches, Toy.Loss(second), options, () => Test(second));

            Assert.Equal(20 - stop, batches.Drawn);
            Assert.Equal(Toy.Weights(unbroken), Toy.Weights(second));
            Assert.Equal(expected.Select(Numbers), history.Select(Numbers));
        }
    }

    [Fact]
    public void A_finished_run_is_not_trained_again()
    {
        var options = Toy.Options(10) with { CheckpointPath = CheckpointPath, LogFolder = folder };
        using var model = Toy.Model();
        var history = Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), options);
        using var again = Toy.Model();
        var batches = new Toy.Batches();
        var read = Trainer.Run(again, batches, Toy.Loss(again), options);
        Assert.Equal(0, batches.Drawn);
        Assert.Equal(Toy.Weights(model), Toy.Weights(again));
        Assert.Equal(history.Select(Numbers), read.Select(Numbers));
    }

    [Fact]
    public void A_checkpoint_of_other_options_is_refused_with_the_differences_and_kept()
    {
        using var model = Toy.Model();
        var options = Toy.Options(5) with { CheckpointPath = CheckpointPath };
        Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), options);
        var bytes = File.ReadAllBytes(CheckpointPath);

        var others = options with { LearningRate = options.LearningRate with { Peak = 0.5 }, EmaDecay = null };
        var message = Assert.Throws<CheckpointMismatchException>(() => Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), others)).Message;

        Assert.Contains("learningRate.peak was 0.01, is 0.5; emaDecay was 0.9, is null", message);
        Assert.Contains(CheckpointPath, message);
        Assert.Equal(bytes, File.ReadAllBytes(CheckpointPath));
    }

    [Fact]
    public void A_checkpoint_of_another_model_or_a_damaged_one_is_refused()
    {
        using var model = Toy.Model();
        var options = Toy.Options(5) with { CheckpointPath = CheckpointPath };
        Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), options);

        using var wider = Toy.Model(hidden: 32);
        var message = Assert.Throws<SafetensorsException>(() => Trainer.Run(wider, new Toy.Batches(), Toy.Loss(wider), options)).Message;
        Assert.Contains("in.weight is Float32 [16, 8] in the file, Float32 [32, 8] in the module", message);

        File.WriteAllBytes(CheckpointPath, File.ReadAllBytes(CheckpointPath)[..^1]);
        Assert.Throws<SafetensorsException>(() => Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), options));
    }

    [Fact]
    public void Progress_comes_at_the_intervals_with_the_mean_loss_between_them()
    {
        using var model = Toy.Model();
        var losses = new List<double>();
        var reports = new Toy.Reports();
        Trainer.Run(model, new Toy.Batches(), batch =>
        {
            var loss = Toy.Loss(model)(batch);
            losses.Add(loss.item<float>());
            return loss;
        }, Toy.Options(12) with { LogInterval = 5, EvaluationInterval = 8 }, () => new Dictionary<string, double> { ["n"] = losses.Count }, reports);

        Assert.Equal([5, 8, 10, 12], reports.All.Select(p => p.Step));
        Assert.Equal([0, 8, 0, 12], reports.All.Select(p => p.Metrics.GetValueOrDefault("n")));
        Assert.Equal(losses[5..8].Average(), reports.All[1].Loss, 12);
        Assert.All(reports.All, p => Assert.True(p.SamplesPerSecond > 0 && p.TotalSteps == 12 && p.Run == "toy"));
        Assert.Equal(Toy.Options(12).LearningRate.At(11, 12), reports.All[^1].LearningRate);
    }

    [Fact]
    public void Cancelled_before_the_first_step_nothing_is_trained()
    {
        using var model = Toy.Model();
        var batches = new Toy.Batches();
        Assert.Throws<OperationCanceledException>(() =>
            Trainer.Run(model, batches, Toy.Loss(model), Toy.Options(5), cancellation: new CancellationToken(canceled: true)));
        Assert.Equal(0, batches.Drawn);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_run_and_no_checkpoint_is_written()
    {
        using var model = Toy.Model();
        var options = Toy.Options(20) with { CheckpointPath = CheckpointPath };
        var error = Assert.Throws<TrainingDivergedException>(() =>
            Trainer.Run(model, new Toy.Batches(), batch => Toy.Loss(model)(batch) * double.NaN, options));
        Assert.Equal(5, error.Step);
        Assert.False(File.Exists(CheckpointPath));
    }

    [Fact]
    public void Wrong_losses_sources_and_options_are_named()
    {
        using var model = Toy.Model();
        var vector = Assert.Throws<ArgumentException>(() => Trainer.Run(model, new Toy.Batches(), batch => model.call(batch.Images), Toy.Options(5)));
        Assert.Contains("[32, 2]", vector.Message);

        Assert.Throws<InvalidOperationException>(() => Trainer.Run(model, new EndsEarly(), Toy.Loss(model), Toy.Options(5)));
        foreach (var options in new[]
        {
            Toy.Options(0), Toy.Options(5) with { LogInterval = 0 }, Toy.Options(5) with { CheckpointInterval = 1 },
            Toy.Options(5) with { ClipNorm = 0 }, Toy.Options(5) with { EvaluationInterval = -1 },
        })
            Assert.Throws<ArgumentException>(() => Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), options));
    }

    [Fact]
    public void A_thousand_steps_keep_no_tensor_alive()
    {
        using var model = Toy.Model();
        var before = LiveTensors.Settled();
        var counts = new List<long>();
        var reports = new Toy.Reports { Then = _ => counts.Add(Tensor.TotalCount) };
        Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), Toy.Options(1000) with { CheckpointPath = CheckpointPath, CheckpointInterval = 100, EvaluationInterval = 100 },
            () => Test(model), reports);
        Assert.Equal(200, counts.Count);
        Assert.All(counts, count => Assert.Equal(counts[0], count));
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static Dictionary<string, double> Test(nn.Module<Tensor, Tensor> model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var batch = new Toy.Batches().From(1_000_000).First();
        return new() { ["accuracy"] = Accuracy.Top1(model.call(batch.Images), batch.Labels) };
    }

    private static (long, double, double, double) Numbers(TrainingProgress p) => (p.Step, p.Loss, p.LearningRate, p.Metrics.GetValueOrDefault("accuracy"));

    private sealed class EndsEarly : IBatchSource<ImageBatch>
    {
        public int BatchSize => 32;
        public long BatchesPerEpoch => 2;
        public IEnumerable<ImageBatch> From(long step) => new Toy.Batches().From(step).Take(2);
    }
}
