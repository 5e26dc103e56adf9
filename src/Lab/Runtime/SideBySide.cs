using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>
/// Many small pieces of work on as many cores as there are. A tensor of a few thousand numbers gains nothing from a second
/// thread inside one operation, so each piece keeps to one thread and the pieces run at the same time.
/// </summary>
public static class SideBySide
{
    /// <summary>The result of every item, in their order.</summary>
    /// <param name="items">Independent of each other.</param>
    /// <param name="open">What a worker needs for itself, e.g. a cache; disposed when it has no more to do.</param>
    /// <param name="map">Gives an item's result; it must not depend on what the worker did before.</param>
    /// <param name="cancellation">Stops before the next item.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<TResult> Map<TItem, TWorker, TResult>(
        IReadOnlyList<TItem> items, Func<TWorker> open, Func<TWorker, TItem, TResult> map, CancellationToken cancellation = default) where TWorker : IDisposable
    {
        var (results, threads) = (new TResult[items.Count], get_num_threads());
        try
        {
            Parallel.For(0, items.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, Start, Work, End);
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }
        return results;

        TWorker Start()
        {
            set_num_threads(1); // of this thread, which goes back to the pool: End takes it back
            return open();
        }

        TWorker Work(int item, ParallelLoopState _, TWorker worker)
        {
            results[item] = map(worker, items[item]);
            return worker;
        }

        void End(TWorker worker)
        {
            worker.Dispose();
            set_num_threads(threads);
        }
    }
}
