using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

/// <summary>Handles as a front end on Windows passes them on; every system has some.</summary>
public sealed class FrontEndProcessTests
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Every_setting_of_an_event_is_heard()
    {
        using var asked = new AutoResetEvent(false);
        using var heard = new SemaphoreSlim(0);
        FrontEndProcess.OnSignal(asked.SafeWaitHandle.DangerousGetHandle(), () => heard.Release(), again: true);
        for (var i = 0; i < 3; i++)
        {
            asked.Set();
            Assert.True(heard.Wait(patience));
        }

        GC.KeepAlive(asked);
    }

    [Fact]
    public void What_stays_signalled_is_heard_once()
    {
        using var ended = new ManualResetEvent(false);
        using var heard = new SemaphoreSlim(0);
        FrontEndProcess.OnSignal(ended.SafeWaitHandle.DangerousGetHandle(), () => heard.Release(), again: false);
        Assert.False(heard.Wait(0));
        ended.Set();
        Assert.True(heard.Wait(patience));
        Assert.False(heard.Wait(200));
    }
}
