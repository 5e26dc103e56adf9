using System.Runtime.ExceptionServices;
using TorchSharp;

namespace Lab.Training;

/// <summary>
/// Does independent pieces of work at once, one per core and each computing with one thread. Operations of small models are
/// too short to be shared out: a second thread gains them nothing, a second model does.
/// </summary>
/// <remarks>
/// libtorch's generator belongs to the whole process: what draws from it (dropout, initial weights) is not repeatable here.
/// </remarks>
internal static class SideBySide
{
    /// <summary>Does all of it, starting in this order.</summary>
    /// <param name="work">One call per result; told to stop when another one failed.</param>
    /// <param name="cancellation">Passed on to the work.</param>
    /// <returns>In the order of <paramref name="work"/>.</returns>
    /// <exception cref="OperationCanceledException">Cancelled. The work's own exceptions pass as they are.</exception>
    public static T[] Run<T>(IReadOnlyList<Func<CancellationToken, T>> work, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var results = new T[work.Count];
        Exception? failure = null;
        var next = -1;
        var threadsBefore = torch.get_num_threads();

        // Threads of their own: libtorch keeps the thread count per thread, and one of the pool would take it along.
        var lanes = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, work.Count)).Select(_ => new Thread(Lane)).ToList();
        lanes.ForEach(lane => lane.Start());
        lanes.ForEach(lane => lane.Join());
        torch.set_num_threads(threadsBefore); // what threads yet to come start with

        if (failure is not null) ExceptionDispatchInfo.Throw(failure);
        return results;

        void Lane()
        {
            torch.set_num_threads(1);
            try
            {
                for (var i = Interlocked.Increment(ref next); i < work.Count; i = Interlocked.Increment(ref next))
                {
                    stop.Token.ThrowIfCancellationRequested();
                    results[i] = work[i](stop.Token);
                }
            }
            catch (Exception exception)
            {
                // The first failure is the cause; the others stopped because of it.
                if (Interlocked.CompareExchange(ref failure, exception, null) is null) stop.Cancel();
            }
        }
    }
}
