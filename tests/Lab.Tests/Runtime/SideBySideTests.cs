using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Runtime;

public class SideBySideTests
{
    private sealed class Worker(Action<int> count) : IDisposable
    {
        public int Threads { get; } = get_num_threads();

        public void Dispose() => count(-1);
    }

    [Fact]
    public void Results_come_in_the_order_of_the_items_and_every_worker_is_disposed()
    {
        var (open, all) = (0, 0);
        Worker Open()
        {
            Interlocked.Increment(ref open);
            Interlocked.Increment(ref all);
            return new Worker(change => Interlocked.Add(ref open, change));
        }
        var results = SideBySide.Map([.. Enumerable.Range(0, 500)], Open, (worker, item) => (item, worker.Threads));
        Assert.Equal(Enumerable.Range(0, 500), results.Select(result => result.item));
        Assert.All(results, result => Assert.Equal(1, result.Threads));
        Assert.Equal(0, open);
        Assert.True(all > 0);
    }

    [Fact]
    public void What_a_piece_of_work_throws_comes_out_as_it_is_and_a_stop_stops()
    {
        static Worker Open() => new(_ => { });
        Assert.Throws<InvalidDataException>(() => SideBySide.Map<int, Worker, int>([1, 2, 3], Open, (_, item) => item == 2 ? throw new InvalidDataException() : item));
        Assert.ThrowsAny<OperationCanceledException>(() => SideBySide.Map([1, 2, 3], Open, (_, item) => item, new CancellationToken(true)));
        Assert.Empty(SideBySide.Map(Array.Empty<int>(), Open, (_, item) => item));
    }

    [Fact]
    public void The_number_of_threads_is_what_it_was_before()
    {
        var before = get_num_threads();
        set_num_threads(2);
        try
        {
            SideBySide.Map([1, 2, 3, 4], () => new Worker(_ => { }), (_, item) => item);
            Assert.Equal(2, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
