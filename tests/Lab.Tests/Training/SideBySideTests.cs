using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class SideBySideTests
{
    [Fact]
    public void Results_come_in_the_order_of_the_work()
    {
        var work = Enumerable.Range(0, 20).Select(i => (Func<CancellationToken, int>)(_ => { Thread.Sleep(20 - i); return i; }));
        Assert.Equal(Enumerable.Range(0, 20), SideBySide.Run([.. work], CancellationToken.None));
    }

    [Fact]
    public void Work_computes_with_one_thread_and_the_others_keep_theirs()
    {
        var before = get_num_threads();
        Assert.All(SideBySide.Run(Enumerable.Repeat<Func<CancellationToken, int>>(_ => get_num_threads(), 4).ToList(), CancellationToken.None), threads => Assert.Equal(1, threads));
        Assert.Equal(before, get_num_threads());

        var later = 0;
        var thread = new Thread(() => later = get_num_threads());
        thread.Start();
        thread.Join();
        Assert.Equal(before, later);
    }

    [Fact]
    public void A_failure_passes_as_it_is_and_stops_the_others()
    {
        using var begun = new ManualResetEventSlim();
        var stopped = false;
        Func<CancellationToken, int>[] work =
        [
            stop => { begun.Set(); stopped = stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(5)); return 0; },
            _ => { begun.Wait(); throw new InvalidDataException("broken"); },
        ];
        Assert.Equal("broken", Assert.Throws<InvalidDataException>(() => SideBySide.Run(work, CancellationToken.None)).Message);
        Assert.True(stopped || Environment.ProcessorCount == 1); // one core does one after the other
    }

    [Fact]
    public void Cancelled_work_does_not_begin()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        var begun = 0;
        Assert.Throws<OperationCanceledException>(() => SideBySide.Run([_ => begun++], stop.Token));
        Assert.Equal(0, begun);
    }
}
