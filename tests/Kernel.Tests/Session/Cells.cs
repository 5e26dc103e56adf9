using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

/// <summary>A session whose cells keep their outputs.</summary>
internal sealed class Cells(SessionOptions? options = null)
{
    private int count;

    public CSharpSession Session { get; } = new(options ?? new SessionOptions());

    public async Task<CellRun> RunAsync(string code, CancellationToken cancellation = default)
    {
        var run = new CellRun();
        run.Result = await Session.ExecuteAsync(code, $"Cell [{++count}]", run, cancellation);
        return run;
    }
}

/// <summary>What one cell put out.</summary>
internal sealed class CellRun : IOutputSink
{
    public List<CellOutput> Outputs { get; } = [];

    public CellResult Result { get; set; } = new(null);

    public void Write(CellOutput output) => Outputs.Add(output);
}
