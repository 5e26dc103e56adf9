using Lab.Cli;
using Lab.Kernel.Session;
using Lab.Runtime;

namespace Notebooks.Tests;

/// <summary>A reader turns a knob and runs a cell again, many times.</summary>
public sealed class CellRerunTests
{
    private const int Reruns = 50;

    [Fact]
    public async Task Running_a_cell_again_keeps_no_tensor_of_the_run_before()
    {
        await using var session = new CSharpSession(new SessionOptions { Extensions = LabCommand.Extensions });
        await RunAsync(session, """
            using Lab.Papers.CompactTransformers;
            var tiny = CctExperiment.Quick with
            {
                Arms = [CctArm.Of(CctExperiment.Quick.Arms[2].Model with { Size = new(1, 1, 1, 8), HiddenChannels = 4 })],
                Recipe = new(Epochs: 1, BatchSize: 8, LearningRate: 1e-3),
                TrainSize = 16,
                TestSize = 16,
            };
            var data = tiny.LoadData();
            CctResults results = null;
            """);
        const string cell = """
            results?.Dispose();
            results = tiny.Run(data, [0]);
            using (NewDisposeScope())
            {
                CctFigures.TokenMap(results, results.Runs[0], data.Test.Images[0]).Display();
                CctFigures.FirstKernels(results.Runs[0].Model).Display();
            }
            results.Claims()
            """;

        for (var i = 0; i < 3; i++) await RunAsync(session, cell);
        var before = LiveTensors();
        for (var i = 0; i < Reruns; i++) await RunAsync(session, cell);

        // TorchSharp 0.107 counts a parameter twice when it is made and once when it is freed.
        var parameters = await RunAsync(session, "results.Runs[0].Model.parameters().Count()");
        Assert.Equal(before + Reruns * int.Parse(parameters), LiveTensors());
    }

    private static long LiveTensors()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return RuntimeReport.LiveTensorCount;
    }

    private static async Task<string> RunAsync(CSharpSession session, string code)
    {
        var sink = new LastText();
        var result = await session.ExecuteAsync(code, "Cell [1]", sink);
        Assert.True(result.Succeeded, result.Error?.Message);
        return sink.Text;
    }

    private sealed class LastText : IOutputSink
    {
        public string Text { get; private set; } = "";

        public void Write(CellOutput output)
        {
            if (output is ResultOutput result) Text = result.Data["text/plain"]!.GetValue<string>();
        }
    }
}
