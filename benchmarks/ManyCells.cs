using System.Diagnostics;
using Lab.Kernel.Session;

namespace Lab.Benchmarks;

/// <summary>What a long session costs: memory and time per cell, for cells that declare nothing and for cells that do.</summary>
internal static class ManyCells
{
    public static async Task RunAsync(int count)
    {
        Console.WriteLine($"{"cells",-12} {"growth MB",10} {"managed MB",11} {"50th ms",8} {"last ms",8} {"ratio",6}   (of {count}; processor time, medians of 11)");
        await RunAsync("print", count, i => $"Console.Write({i});");
        await RunAsync("expression", count, i => $"x + {i}");
        await RunAsync("redeclare", count, i => $"var y = x + {i};");
        await RunAsync("declare", count, i => $"var y{i} = {i};");
    }

    private static async Task RunAsync(string kind, int count, Func<int, string> cell)
    {
        await using var session = new CSharpSession(new SessionOptions());
        var times = new double[count];
        long before = 0;
        await session.ExecuteAsync("var x = 1;", "Cell [0]", new Nothing());
        for (var i = 0; i < count; i++)
        {
            if (i == 50) before = WorkingSet();
            var start = Process.GetCurrentProcess().TotalProcessorTime; // other programs on the machine cost none
            var result = await session.ExecuteAsync(cell(i), $"Cell [{i + 1}]", new Nothing());
            times[i] = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalMilliseconds;
            if (!result.Succeeded) throw new InvalidOperationException($"Cell {i} of \"{kind}\" failed: {result.Error!.Message}");
        }

        var after = WorkingSet();
        var (early, late) = (Median(times[45..56]), Median(times[^11..]));
        Console.WriteLine(FormattableString.Invariant($"{kind,-12} {(after - before) / 1e6,10:0} {GC.GetTotalMemory(true) / 1e6,11:0} {early,8:0.0} {late,8:0.0} {late / early,6:0.0}"));
    }

    private static long WorkingSet()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(); // collectible assemblies go in several steps
            GC.WaitForPendingFinalizers();
        }

        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);

    private sealed class Nothing : IOutputSink
    {
        public void Write(CellOutput output)
        {
        }
    }
}
