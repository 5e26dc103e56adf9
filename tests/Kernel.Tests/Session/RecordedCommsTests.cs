using Lab.Abstractions;
using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

public sealed class RecordedCommsTests
{
    [Fact]
    public async Task Without_a_front_end_a_session_tells_a_recorder_what_goes_through_comms()
    {
        var recorder = new Recorder();
        var cells = new Cells(new SessionOptions { Comms = recorder });
        await cells.RunAsync("var comm = Notebook.Current.Comms.Open(\"jupyter.widget\", new(new() { [\"a\"] = 1 }));");
        await cells.RunAsync("comm.Send(new(new() { [\"a\"] = 2 })); comm.Close();");
        Assert.Equal(["jupyter.widget {\"a\":1}", "jupyter.widget {\"a\":2}", "jupyter.widget closed"], recorder.Said);
    }

    [Fact]
    public async Task Without_a_recorder_comms_open_and_nobody_hears()
    {
        var cell = await new Cells().RunAsync("var comm = Notebook.Current.Comms.Open(\"jupyter.widget\", new([])); comm.Send(new([])); (Notebook.Current.Comms.HasFrontEnd, comm.IsOpen)");
        Assert.Equal("( False, True )", ((ResultOutput)Assert.Single(cell.Outputs)).Data["text/plain"]!.GetValue<string>());
    }

    private sealed class Recorder : ICommChannel
    {
        public List<string> Said { get; } = [];

        public bool HasFrontEnd => false;

        public void Opened(IComm comm, CommMessage message) => Said.Add($"{comm.Target} {message.Data.ToJsonString()}");

        public void Sent(IComm comm, CommMessage message) => Said.Add($"{comm.Target} {message.Data.ToJsonString()}");

        public void Closed(IComm comm) => Said.Add($"{comm.Target} closed");
    }
}
