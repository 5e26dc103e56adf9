using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Training;

namespace Lab.Extensions;

/// <summary>
/// Shows training runs while they go: a bar, the loss and its curve, the rate and the time left of each, in one output
/// that is replaced a few times a second. Without a notebook it writes lines to the console.
/// </summary>
/// <example><code>
/// var live = TrainingView.Start("CCT-2/3x2");
/// trainer.Run(progress: live, cancellation: live.Cancellation);
/// </code></example>
public sealed class TrainingView : IProgress<TrainingProgress>
{
    private static readonly TimeSpan notebookPause = TimeSpan.FromSeconds(0.25), consolePause = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly TimeProvider clock;
    private readonly IDisplayHandle? display;
    private readonly string title;
    private readonly List<RunHistory> runs = [];
    private long? lastShown;

    /// <param name="title">Above the runs.</param>
    /// <param name="clock">Tells when the next update is due.</param>
    internal TrainingView(string title, TimeProvider clock)
    {
        (this.title, this.clock) = (title, clock);
        if (!Notebook.IsRunning) return;
        Cancellation = Notebook.Current.Cancellation;
        display = Notebook.Current.Display(new TrainingStatus(title, []));
    }

    /// <summary>Opens the view below the running cell.</summary>
    /// <param name="title">Above the runs, e.g. the model's name.</param>
    public static TrainingView Start(string title) => new(title, TimeProvider.System);

    /// <summary>Fires when the cell is interrupted; never without a notebook.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Takes in where a run stands. Runs are told apart by their names; a run that begins anew starts over.</summary>
    public void Report(TrainingProgress value)
    {
        lock (gate)
        {
            var history = runs.Find(run => run.Name == value.Run);
            if (history is null) runs.Add(history = new RunHistory(value.Run));
            history.Add(value);

            var pause = display is null ? consolePause : notebookPause;
            var due = lastShown is not { } last || clock.GetElapsedTime(last) >= pause || value.Step >= value.TotalSteps;
            if (!due) return;
            lastShown = clock.GetTimestamp();
            if (display is null) Console.WriteLine(history.Status().ToString());
            else display.Update(new TrainingStatus(title, [.. runs.Select(run => run.Status())]));
        }
    }
}
