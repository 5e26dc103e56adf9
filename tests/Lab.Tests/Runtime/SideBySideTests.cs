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
    public void A_failure_stops_the_others()
    {
        using var begun = new ManualResetEventSlim();
        var stopped = false;
        Func<CancellationToken, int>[] work =
        [
            stop => { begun.Set(); stopped = stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(5)); return 0; },
            _ => { begun.Wait(); throw new InvalidDataException("broken"); },
        ];
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => SideBySide.Map(work, (piece, stop) => piece(stop))).Message);
        Assert.True(stopped || Environment.ProcessorCount == 1); // one core does one after the other
    }

    [Fact]
    public void The_number_of_threads_is_what_it_was_before_also_for_threads_yet_to_come()
    {
        var before = get_num_threads();
        set_num_threads(3);
        try
        {
            SideBySide.Map([1, 2, 3, 4], () => new Worker(_ => { }), (_, item) => item);
            var later = 0;
            var thread = new Thread(() => later = get_num_threads());
            thread.Start();
            thread.Join();
            Assert.Equal((3, 3), (get_num_threads(), later));
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
