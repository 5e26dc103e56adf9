using System.Collections.Concurrent;

namespace Lab.Kernel.Jupyter;

/// <summary>Serves requests one after another on a thread of its own.</summary>
internal sealed class Worker
{
    private readonly BlockingCollection<Request> queue = [];
    private readonly CancellationTokenSource end = new();
    private readonly Thread thread;

    public Worker(string name, Action<Request> serve)
    {
        thread = new Thread(() =>
        {
            try
            {
                foreach (var request in queue.GetConsumingEnumerable(end.Token)) serve(request);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // what still waits stays unanswered: the front end has asked for the end
            }
        })
        { Name = $"jupyter {name}", IsBackground = true };
        thread.Start();
    }

    public void Add(Request request) => queue.Add(request);

    /// <summary>Ends it after the request that it serves now.</summary>
    public void Stop() => end.Cancel();

    /// <summary>Waits for the end.</summary>
    /// <returns>False: the request that it serves takes longer.</returns>
    public bool Join(TimeSpan patience) => thread.Join(patience);
}
