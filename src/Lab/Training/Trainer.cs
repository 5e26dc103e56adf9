using System.Collections.Immutable;
using Lab.Data;
using Lab.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Trains a module on batches with AdamW. Stops on request and goes on later to the same weights, bit for bit.</summary>
public static class Trainer
{
    /// <summary>Trains to the last step, from the checkpoint if there is one.</summary>
    /// <param name="module">On its device; in evaluation mode when this returns.</param>
    /// <param name="batches">Where training data come from.</param>
    /// <param name="loss">Scalar to minimise; it computes with the module. Runs in a dispose scope of its own.</param>
    /// <param name="options">How.</param>
    /// <param name="evaluate">
    /// Metrics by name, at <see cref="TrainingOptions.EvaluationInterval"/> and after the last step; called without gradients, with the module in
    /// evaluation mode.
    /// </param>
    /// <param name="progress">Told every <see cref="TrainingOptions.LogInterval"/> steps and after every evaluation.</param>
    /// <param name="cancellation">Stops before the next step; the checkpoint is written first.</param>
    /// <returns>Every report; those before a resumption if <see cref="TrainingOptions.LogFolder"/> kept them.</returns>
    /// <exception cref="ArgumentException">An option outside its range, or a module that cannot be trained.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer a finite number.</exception>
    /// <exception cref="CheckpointMismatchException">The checkpoint belongs to a run with other options.</exception>
    /// <exception cref="SafetensorsException">The checkpoint is malformed, or of another model.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>Torch's own generators are seeded anew in every step.</remarks>
    public static IReadOnlyList<TrainingProgress> Run<TBatch>(
        nn.Module module, IBatchSource<TBatch> batches, Func<TBatch, Tensor> loss, TrainingOptions options,
        Func<IReadOnlyDictionary<string, double>>? evaluate = null, IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellation = default) where TBatch : IDisposable
    {
        options.Check();
        var recipe = options.Recipe(batches.BatchSize);
        using var state = new TrainingState(module, options);
        if (File.Exists(options.CheckpointPath)) Checkpoint.Load(options.CheckpointPath, state, recipe);
        using var reports = new TrainingReports(options, state.Step, batches.BatchSize, progress);
        using var source = batches.From(state.Step).GetEnumerator();

        module.train();
        while (state.Step < options.Steps)
        {
            if (cancellation.IsCancellationRequested)
            {
                SaveCheckpoint();
                throw new OperationCanceledException(cancellation);
            }

            using (var batch = Next(source)) Step(state, batch, loss, options);
            reports.CountStep();

            var last = state.Step == options.Steps;
            var evaluation = last || Due(options.EvaluationInterval) ? evaluate : null;
            if (last || evaluation is not null || Due(options.LogInterval)) Report(state, reports, options, evaluation);
            if (last || Due(options.CheckpointInterval)) SaveCheckpoint();
        }

        module.eval();
        state.Average?.Swap();
        return reports.History;

        bool Due(long interval) => interval > 0 && state.Step % interval == 0;

        void SaveCheckpoint()
        {
            if (options.CheckpointPath is { } path) reports.Aside(() => Checkpoint.Save(path, state, recipe));
        }
    }

    private static TBatch Next<TBatch>(IEnumerator<TBatch> source) =>
        source.MoveNext() ? source.Current : throw new InvalidOperationException("The batch source ended; it must go on as long as it is asked.");

    private static void Step<TBatch>(TrainingState state, TBatch batch, Func<TBatch, Tensor> lossOf, TrainingOptions options)
    {
        using var scope = NewDisposeScope();
        var parameters = state.Parameters;
        SeedGenerators(Seed.Derive(options.Seed, state.Step)); // dropout depends on the step, not on what was drawn before

        parameters.ZeroGradients();
        var loss = Loss(batch, lossOf, options.Autocast && parameters.Values.is_cuda);
        loss.backward();
        if (options.ClipNorm is { } maxNorm) parameters.ClipGradients(maxNorm);
        state.Optimizer.Step(state.Step, options.LearningRate.At(state.Step, options.Steps));
        state.Average?.Update();

        state.LossSum.add_(loss.detach());
        state.LossSteps++;
        state.Step++;
    }

    private static Tensor Loss<TBatch>(TBatch batch, Func<TBatch, Tensor> lossOf, bool autocast)
    {
        using var bfloat16 = autocast ? new Autocast(DeviceType.CUDA) : null;
        var loss = lossOf(batch);
        return loss.dim() == 0 ? loss : throw new ArgumentException($"The loss must be a scalar, got a tensor of shape [{string.Join(", ", loss.shape)}].", nameof(lossOf));
    }

    // torch.manual_seed of TorchSharp seeds the CPU's generator alone.
    private static void SeedGenerators(long seed)
    {
        using var generator = manual_seed(seed);
        if (cuda.is_available()) cuda.manual_seed_all(seed);
    }

    private static void Report(
        TrainingState state, TrainingReports reports, TrainingOptions options, Func<IReadOnlyDictionary<string, double>>? evaluate)
    {
        var loss = state.TakeLoss();
        if (!double.IsFinite(loss)) throw new TrainingDivergedException(options.Name, state.Step, loss);
        IReadOnlyDictionary<string, double> metrics = ImmutableDictionary<string, double>.Empty;
        if (evaluate is not null) reports.Aside(() => metrics = Evaluate(state, evaluate));
        reports.Report(state.Step, loss, metrics);
    }

    private static IReadOnlyDictionary<string, double> Evaluate(TrainingState state, Func<IReadOnlyDictionary<string, double>> evaluate)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        state.Module.eval();
        state.Average?.Swap();
        try
        {
            return evaluate();
        }
        finally
        {
            state.Average?.Swap();
            state.Module.train();
        }
    }
}

/// <summary>A run's loss became infinite or not a number.</summary>
public sealed class TrainingDivergedException : Exception
{
    internal TrainingDivergedException(string run, long step, double loss)
        : base($"{run} diverged: the mean loss before step {step} is {loss}. Lower the learning rate, lengthen the warm-up, or set {nameof(TrainingOptions.ClipNorm)}.") => Step = step;

    /// <summary>Steps done when it was noticed.</summary>
    public long Step { get; }
}
