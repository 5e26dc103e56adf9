using Lab.Extensions.Formatters;
using Lab.Training;

namespace Lab.Extensions;

/// <summary>What a view keeps of one run: the last report, what its evaluations gave, and a loss curve of bounded length.</summary>
internal sealed class RunHistory(string name)
{
    private const int MostPoints = 400;

    private readonly List<StepValue> losses = [];
    private readonly SortedDictionary<string, List<StepValue>> metrics = [];
    private TrainingProgress? first, last;
    private long stride = 1, reports;

    public string Name => name;

    public void Add(TrainingProgress progress)
    {
        if (last is not null && progress.Step < last.Step) Clear();
        first ??= progress;
        last = progress;
        foreach (var (metric, value) in progress.Metrics) Evaluations(metric).Add(new StepValue(progress.Step, value));
        if (reports++ % stride == 0) losses.Add(new StepValue(progress.Step, progress.Loss));
        if (losses.Count < MostPoints) return;

        // Every second point goes, and only every second report comes in from now on.
        for (var i = losses.Count - 1; i > 0; i -= 2) losses.RemoveAt(i);
        stride *= 2;
    }

    /// <summary>Where the run stands. Call after <see cref="Add"/>.</summary>
    public RunStatus Status()
    {
        var evaluations = metrics.ToDictionary(metric => metric.Key, metric => (IReadOnlyList<StepValue>)[.. metric.Value]);
        return new(name, last!.Step, last.TotalSteps, last.Loss, last.SamplesPerSecond, last.Elapsed, TimeLeft(), [.. losses], evaluations) { IsPast = last.IsPast };
    }

    private List<StepValue> Evaluations(string metric)
    {
        if (!metrics.TryGetValue(metric, out var points)) metrics[metric] = points = [];
        return points;
    }

    // A resumed run has done its first steps before: only what this view has seen tells the pace.
    private TimeSpan? TimeLeft()
    {
        var (steps, time) = (last!.Step - first!.Step, last.Elapsed - first.Elapsed);
        return steps > 0 && time > TimeSpan.Zero && last.Step < last.TotalSteps ? time * ((double)(last.TotalSteps - last.Step) / steps) : null;
    }

    private void Clear()
    {
        (first, stride, reports) = (null, 1, 0);
        losses.Clear();
        metrics.Clear();
    }
}
