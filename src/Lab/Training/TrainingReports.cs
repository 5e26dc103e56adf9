using System.Diagnostics;

namespace Lab.Training;

/// <summary>Measures a run's speed and tells it, with losses and metrics, to the caller and to the run log.</summary>
internal sealed class TrainingReports : IDisposable
{
    private readonly TrainingOptions options;
    private readonly int batchSize;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly RunLog? log;
    private readonly Stopwatch sinceStart = Stopwatch.StartNew();
    private readonly Stopwatch training = Stopwatch.StartNew(); // stands still during evaluations and checkpoints
    private long timedSteps;

    public TrainingReports(TrainingOptions options, long firstStep, int batchSize, IProgress<TrainingProgress>? progress)
    {
        this.options = options;
        this.batchSize = batchSize;
        this.progress = progress;
        log = options.LogFolder is { } folder ? new RunLog(folder, firstStep) : null;
        History = log?.PastProgress.ToList() ?? [];
    }

    /// <summary>Every report of the run, those before a resumption included if a log kept them.</summary>
    public List<TrainingProgress> History { get; }

    public void CountStep() => timedSteps++;

    /// <summary>Runs something that is no training; its time does not count as such.</summary>
    public void Aside(Action action)
    {
        training.Stop();
        action();
        training.Start();
    }

    public void Report(long step, double loss, IReadOnlyDictionary<string, double> metrics)
    {
        var rate = timedSteps * batchSize / training.Elapsed.TotalSeconds;
        var report = new TrainingProgress(options.Name, step, options.Steps, loss, options.LearningRate.At(step - 1, options.Steps), rate,
            sinceStart.Elapsed, metrics);
        History.Add(report);
        log?.Write(report);
        progress?.Report(report);
        timedSteps = 0;
        training.Restart();
    }

    public void Dispose() => log?.Dispose();
}
