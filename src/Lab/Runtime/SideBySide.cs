using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>
/// Many small pieces of work on as many cores as there are. Operations on small tensors are too short to be shared out: a
/// second thread within them gains nothing, so each piece keeps to one thread and the pieces run at the same time.
/// </summary>
/// <remarks>
/// libtorch's generator belongs to the whole process: what draws from it (dropout, initial weights) is not repeatable here.
/// </remarks>
public static class SideBySide
{
    /// <summary>The result of every item, in their order.</summary>
    /// <param name="items">Independent of each other.</param>
    /// <param name="map">Gives an item's result; told to stop when another one failed.</param>
    /// <param name="cancellation">Stops before the next item, and is passed on.</param>
    /// <exception cref="OperationCanceledException">Cancelled. Exceptions of the work pass as they are.</exception>
    public static IReadOnlyList<TResult> Map<TItem, TResult>(
        IReadOnlyList<TItem> items, Func<TItem, CancellationToken, TResult> map, CancellationToken cancellation = default) =>
        Map(items, () => Nobody.Instance, (_, item, stop) => map(item, stop), cancellation);

    /// <inheritdoc cref="Map{TItem,TResult}"/>
    /// <param name="items">Independent of each other.</param>
    /// <param name="open">What a core's share of the work needs for itself, e.g. a cache; disposed when there is no more to do.</param>
    /// <param name="map">Gives an item's result; it must not depend on what the worker did before.</param>
    /// <param name="cancellation">Stops before the next item.</param>
    public static IReadOnlyList<TResult> Map<TItem, TWorker, TResult>(
        IReadOnlyList<TItem> items, Func<TWorker> open, Func<TWorker, TItem, TResult> map, CancellationToken cancellation = default) where TWorker : IDisposable =>
        Map(items, open, (worker, item, _) => map(worker, item), cancellation);

    private static TResult[] Map<TItem, TWorker, TResult>(
        IReadOnlyList<TItem> items, Func<TWorker> open, Func<TWorker, TItem, CancellationToken, TResult> map, CancellationToken cancellation) where TWorker : IDisposable
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var results = new TResult[items.Count];
        Exception? failure = null;
        var next = -1;
        var threadsBefore = get_num_threads();

        // Threads of their own: libtorch keeps the number per thread, and one of the pool would take it along.
        var lanes = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, items.Count)).Select(_ => new Thread(Lane)).ToList();
        lanes.ForEach(lane => lane.Start());
        lanes.ForEach(lane => lane.Join());
        set_num_threads(threadsBefore); // what threads yet to come start with

        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return results;

        void Lane()
        {
            set_num_threads(1);
            try
            {
                using var worker = open();
                for (var i = Interlocked.Increment(ref next); i < items.Count; i = Interlocked.Increment(ref next))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    results[i] = map(worker, items[i], stop.Token);
                }
            }
            catch (Exception exception)
            {
                // The first failure is the cause; the others stopped because of it.
                if (Interlocked.CompareExchange(ref failure, exception, null) is null) stop.Cancel();
            }
        }
    }

    private sealed class Nobody : IDisposable
    {
        public static Nobody Instance { get; } = new();

        public void Dispose() { }
    }
}
