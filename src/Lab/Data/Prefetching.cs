using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Lab.Data;

internal static class Prefetching
{
    /// <summary>
    /// Draws items on a background thread, at most <paramref name="capacity"/> ahead of the consumer. An exception of
    /// the source comes to the consumer after the items drawn before it. When the consumer stops, the thread ends and
    /// the items that nobody took are disposed.
    /// </summary>
    public static IEnumerable<T> Prefetch<T>(this IEnumerable<T> source, int capacity) where T : IDisposable
    {
        using var queue = new BlockingCollection<T>(capacity);
        using var stop = new CancellationTokenSource();
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(Produce) { IsBackground = true, Name = "Lab prefetch" };
        thread.Start();
        try
        {
            foreach (var item in queue.GetConsumingEnumerable()) yield return item;
            failure?.Throw();
        }
        finally
        {
            stop.Cancel();
            thread.Join();
            foreach (var item in queue) item.Dispose();
        }

        void Produce()
        {
            try
            {
                foreach (var item in source) Enqueue(item);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The consumer has stopped: nobody is left to hear of it.
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            finally
            {
                queue.CompleteAdding();
            }
        }

        void Enqueue(T item)
        {
            try
            {
                queue.Add(item, stop.Token);
            }
            catch (OperationCanceledException)
            {
                item.Dispose();
                throw;
            }
        }
    }
}
