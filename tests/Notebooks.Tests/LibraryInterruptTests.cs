using Lab.Extensions;
using Lab.Kernel.Session;

namespace Notebooks.Tests;

/// <summary>The stop button on long work of the library, which heeds the notebook's token between two steps.</summary>
public sealed class LibraryInterruptTests
{
    private readonly CSharpSession session = new(new SessionOptions { Extensions = [typeof(LabExtension).Assembly] });
    private readonly Output output = new();

    [Fact]
    public async Task A_training_begins_no_further_step()
    {
        await RunAsync("""
            using static TorchSharp.torch.nn;
            class Noise : IBatchSource<TokenBatch>
            {
                public int BatchSize => 2;
                public long BatchesPerEpoch => 10;
                public IEnumerable<TokenBatch> From(long step) { while (true) yield return new TokenBatch(rand(2, 4), rand(2, 1)); }
            }
            class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress> { public void Report(TrainingProgress value) => tell(value); }
            var model = Linear(4, 1);
            var options = new TrainingOptions("noise", 1_000_000, new LearningRateSchedule(0.01)) { LogInterval = 1 };
            long steps = 0;
            """);
        var result = await RunAndInterruptAsync("""
            Trainer.Run(model, new Noise(), batch => { steps++; return (model.call(batch.Ids) - batch.Next).square().mean(); }, options,
                progress: new Told(p => Console.Write(p.Step == 5 ? "now" : ".")), cancellation: Notebook.Current.Cancellation);
            """, TimeSpan.Zero);
        AssertEndedByToken(result);
        Assert.Equal(5L, session.Variables.Single(v => v.Name == "steps").Value);
    }

    [Fact]
    public async Task Training_a_tokenizer_ends_between_two_merges()
    {
        await RunAsync("""
            var random = new Random(1);
            var counts = new PieceCounts(PreTokenizer.Gpt2);
            for (var i = 0; i < 50_000; i++) counts.Add(" " + string.Concat(Enumerable.Range(0, 20).Select(_ => (char)('a' + random.Next(26)))));
            """);
        var result = await RunAndInterruptAsync("Console.Write(\"now\"); Bpe.Train(counts, 900_000, cancellation: Notebook.Current.Cancellation);", TimeSpan.FromSeconds(0.2));
        AssertEndedByToken(result);
    }

    [Fact]
    public async Task Sampling_ends_between_two_tokens()
    {
        await RunAsync("var model = new Lab.Nn.Decoder(new(20, 16, 2, 2, 16)); model.eval(); int[] drawn = null;");
        var result = await RunAndInterruptAsync("Console.Write(\"now\"); drawn = TokenSampler.Sample(model, [1], 100_000_000, new(), Notebook.Current.Cancellation);", TimeSpan.FromSeconds(0.2));
        AssertEndedByToken(result);
    }

    private async Task RunAsync(string code) => Assert.Null((await session.ExecuteAsync(code, "Cell [1]", output)).Error?.Message);

    /// <summary>Runs a cell and interrupts it when it has written "now": without a delay, before that call returns.</summary>
    private async Task<CellResult> RunAndInterruptAsync(string code, TimeSpan delay)
    {
        using var interrupt = new CancellationTokenSource();
        output.Now = () =>
        {
            if (delay == TimeSpan.Zero) interrupt.Cancel();
            else interrupt.CancelAfter(delay);
        };
        return await session.ExecuteAsync(code, "Cell [2]", output, interrupt.Token);
    }

    private static void AssertEndedByToken(CellResult result)
    {
        Assert.True(result.Interrupted, result.Error?.Message);
        Assert.Contains("heeds the cancellation token", result.Error!.Message);
    }

    private sealed class Output : IOutputSink
    {
        public Action Now { get; set; } = () => { };

        public void Write(CellOutput output)
        {
            if (output is StreamOutput { Text: "now" }) Now();
        }
    }
}
