namespace Lab.Kernel.Session;

/// <summary>What an interrupted cell shows: which layer ended it, or truthfully that none could.</summary>
internal static class CellInterruption
{
    /// <summary>The layer whose exception this is or contains; null if the cell failed by itself.</summary>
    public static StopLayer? LayerOf(Exception exception)
    {
        var causes = Causes(exception).ToList();
        if (causes.Any(cause => cause is CellStoppedException)) return StopLayer.Checkpoint;
        if (causes.Any(cause => cause is ThreadInterruptedException)) return StopLayer.Wait;
        return causes.Any(cause => cause is OperationCanceledException) ? StopLayer.Token : null;
    }

    /// <summary>An interrupt has ended the cell.</summary>
    public static ErrorOutput Of(StopLayer layer, Exception exception) => Output(
        layer switch
        {
            StopLayer.Token => "The cell was interrupted. It ended where its code heeds the cancellation token.",
            StopLayer.Checkpoint => "The cell was interrupted. It ended at a checkpoint in its own code.",
            StopLayer.Wait => "The cell was interrupted. It ended in a blocking wait, from which its thread was woken.",
            _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "This layer ends no cell."),
        },
        CellError.Traceback(exception));

    /// <summary>No layer has ended the cell.</summary>
    /// <param name="isOnThread">Whether its code is inside a call, rather than waiting for a task.</param>
    /// <param name="cellName">What errors call the cell.</param>
    /// <param name="line">The last line to begin, if it is known.</param>
    public static ErrorOutput OfAbandoned(bool isOnThread, string cellName, int? line) => Output(
        isOnThread
            ? "The cell was interrupted, but it is inside a library or native call that cannot be ended from outside. It was left behind: the variables are kept, other cells can run, and it ends when that call returns to its code. Restart the kernel to end it now."
            : "The cell was interrupted while it awaits something that does not heed the cancellation token. It was left behind: the variables are kept, other cells can run, and it ends instead of going on when that is done.",
        line is null ? [] : [$"   {cellName}, line {line}, was the last to begin"]);

    private static ErrorOutput Output(string message, IEnumerable<string> further) => new("Interrupted", message, [message, .. further]);

    private static IEnumerable<Exception> Causes(Exception exception) => exception switch
    {
        AggregateException all => all.InnerExceptions.SelectMany(Causes),
        { InnerException: { } inner } => Causes(inner).Prepend(exception),
        _ => [exception],
    };
}
