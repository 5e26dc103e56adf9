using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Lab.Quantization;
using Lab.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Benchmarks;

/// <summary>
/// Nearest codes of a million vectors: the search by blocks against <c>cdist</c> and <c>argmin</c>, by turns in one process, with the memory that each needs at its
/// peak. The whole table of distances fits nowhere, so <c>cdist</c> gets as many rows at a time as make a table of half a gigabyte. Where a million vectors
/// would take minutes, fewer are measured and the time for a million is scaled up; a second measurement with half of them shows that time grows with N. Processor
/// time stands beside the clock's: on a busy machine growth and ratio, which are made of it, still mean something.
/// </summary>
internal static class Assigning
{
    private const int Rounds = 2, Million = 1_000_000;
    private const double MostOperations = 2e11; // of a measurement: a few seconds on two cores
    private const double LargestTable = 5e8; // bytes

    public static void Run(int threads, Device device)
    {
        Trace.Assert(NativeTorch.Source.Length > 0); // the natives must be there before TorchSharp looks for them
        set_num_threads(threads);
        var watch = Stopwatch.StartNew();
        using (NewDisposeScope()) ByTable(randn(20_000, 64), randn(1_000, 64), 5_000); // libtorch is loaded and warm
        Console.WriteLine($"Best of {Rounds} runs, {threads} threads; ~ is scaled from N to a million vectors; table: cdist and argmin, so many rows at a time; growth from N / 2 to N and ratio are of processor time, the ratio on a GPU of wall time; peaks are of the machine's own memory, {device}");
        Console.WriteLine($"{"K",7} {"D",4} {"N",9} {"search s",9} {"cpu s",8} {"growth",6} {"1M s",8} {"GFLOP/s",8} {"peak MB",8} {"table s",9} {"cpu s",8} {"1M s",8} {"peak MB",8} {"rows",7} {"all GB",7} {"ratio",6}");
        foreach (var codes in new[] { 1_024, 16_384, 262_144 })
            foreach (var dim in new[] { 8, 64, 256 })
                Compare(Count(codes, dim), codes, dim, device);
        Console.WriteLine("Growth with N:");
        foreach (var count in new[] { 62_500, 250_000, Million }) Compare(count, 4_096, 64, device);
        Console.WriteLine(FormattableString.Invariant($"{watch.Elapsed.TotalMinutes:F1} minutes"));
    }

    // Narrow vectors cost as much as those of 32 channels: the distances themselves have to be written and read.
    private static int Count(int codes, int dim) => Math.Min(Million, 1_000 * (int)(MostOperations / (2_000.0 * codes * Math.Max(dim, 32))));

    private static void Compare(int count, int codes, int dim, Device device)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var (vectors, book) = (randn(count, dim, device: device), randn(codes, dim, device: device));
        var rows = (int)Math.Min(count, LargestTable / 4 / codes);
        var runs = Enumerable.Range(0, Rounds).Select(_ => (
            Search: Measured(() => NearestCode.Search(vectors, book)),
            Half: Measured(() => NearestCode.Search(vectors.narrow(0, 0, count / 2), book)),
            Table: Measured(() => ByTable(vectors, book, rows)))).ToArray();
        var (search, half, table) = (Best(runs.Select(run => run.Search)), Best(runs.Select(run => run.Half)), Best(runs.Select(run => run.Table)));
        var ratio = device.type == DeviceType.CPU ? search.Processor / table.Processor : search.Seconds / table.Seconds;
        Ratios.Add("nearest code", $"{count:N0} vectors, K = {codes:N0}, D = {dim}", "cdist + argmin", device, ratio);
        Console.WriteLine(
            FormattableString.Invariant($"{codes,7} {dim,4} {count,9} {search.Seconds,9:F2} {search.Processor,8:F2} {search.Processor / half.Processor,6:F2} {OfMillion(search.Seconds, count),8} ")
            + FormattableString.Invariant($"{2.0 * count * codes * dim / search.Seconds / 1e9,8:F0} {search.Megabytes,8:F0} {table.Seconds,9:F2} {table.Processor,8:F2} {OfMillion(table.Seconds, count),8} {table.Megabytes,8:F0} ")
            + FormattableString.Invariant($"{rows,7} {4e-9 * Million * codes,7:F1} {ratio,6:F2}"));
    }

    private static string OfMillion(double seconds, int count) => (count < Million ? "~" : "") + (seconds * Million / count).ToString("F1", CultureInfo.InvariantCulture);

    private static Tensor ByTable(Tensor vectors, Tensor book, int rows)
    {
        using var scope = NewDisposeScope();
        var nearest = empty([vectors.shape[0]], ScalarType.Int64, vectors.device);
        for (long row = 0; row < vectors.shape[0]; row += rows)
        {
            using var step = NewDisposeScope();
            var part = vectors.narrow(0, row, Math.Min(rows, vectors.shape[0] - row));
            nearest.narrow(0, row, part.shape[0]).copy_(cdist(part, book).argmin(1));
        }
        return nearest.MoveToOuterDisposeScope();
    }

    private static Measurement Best(IEnumerable<Measurement> runs) => new(runs.Min(run => run.Seconds), runs.Min(run => run.Processor), runs.Max(run => run.Megabytes));

    private static Measurement Measured(Func<Tensor> find)
    {
        using var scope = NewDisposeScope();
        using var process = Process.GetCurrentProcess();
        _ = Trim(0); // what the C library keeps of earlier tensors would hide what is needed now
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak starts anew
        var (before, processor) = (Status("VmRSS"), process.TotalProcessorTime);
        var watch = Stopwatch.StartNew();
        if (find().is_cuda) cuda.synchronize();
        process.Refresh();
        return new(watch.Elapsed.TotalSeconds, (process.TotalProcessorTime - processor).TotalSeconds, Status("VmHWM") - before);
    }

    // In megabytes.
    private static double Status(string name) => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1e3;

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static extern int Trim(nuint padding);

    private sealed record Measurement(double Seconds, double Processor, double Megabytes);
}
