using System.Diagnostics;
using System.Globalization;
using Lab.Quantization;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Benchmarks;

/// <summary>
/// Nearest codes of N vectors: the search by blocks against the whole table of distances, by turns in one process, with the
/// memory that each needs at its peak. Where the table does not fit, the search runs alone.
/// </summary>
internal static class Assigning
{
    private const int Rounds = 3;
    private const double LargestTable = 6e9; // bytes

    public static void Run(int threads)
    {
        Trace.Assert(NativeTorch.Source.Length > 0); // the natives must be there before TorchSharp looks for them
        set_num_threads(threads);
        Console.WriteLine($"{"N",9} {"K",7} {"D",4} {"search s",9} {"GFLOP/s",8} {"peak MB",8} {"table s",9} {"peak MB",8} {"ratio",6}   (medians of {Rounds}; {threads} threads)");
        foreach (var dim in new[] { 8, 64, 256 })
            foreach (var codes in new[] { 1_024, 16_384, 262_144 })
                Compare(Rows(codes, dim), codes, dim);
        foreach (var rows in new[] { 62_500, 250_000, 1_000_000 }) Compare(rows, 4_096, 64);
    }

    // A million, or as many as two cores take some tens of seconds for.
    private static int Rows(int codes, int dim) => (int)Math.Min(1_000_000, 1.5e12 / (2.0 * codes * Math.Max(dim, 32)));

    private static void Compare(int count, int codes, int dim)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var (vectors, book) = (randn(count, dim), randn(codes, dim));
        var fits = 4.0 * count * codes <= LargestTable;
        var (search, table) = (new List<(double Seconds, double Megabytes)>(), new List<(double Seconds, double Megabytes)>());
        for (var round = 0; round < Rounds; round++)
        {
            search.Add(Measured(() => NearestCode.Search(vectors, book)));
            if (fits) table.Add(Measured(() => cdist(vectors, book).argmin(1)));
        }

        var seconds = Median(search.Select(run => run.Seconds));
        var other = fits
            ? FormattableString.Invariant($"{Median(table.Select(run => run.Seconds)),9:F2} {table.Max(run => run.Megabytes),8:F0} {seconds / Median(table.Select(run => run.Seconds)),6:F2}")
            : $"{"no room",9}";
        Console.WriteLine(FormattableString.Invariant($"{count,9} {codes,7} {dim,4} {seconds,9:F2} {2.0 * count * codes * dim / seconds / 1e9,8:F0} {search.Max(run => run.Megabytes),8:F0} {other}"));
    }

    private static (double Seconds, double Megabytes) Measured(Func<Tensor> find)
    {
        using var scope = NewDisposeScope();
        File.WriteAllText("/proc/self/clear_refs", "5"); // the peak starts anew
        var before = Status("VmRSS");
        var watch = Stopwatch.StartNew();
        find();
        return (watch.Elapsed.TotalSeconds, Status("VmHWM") - before);
    }

    // In megabytes.
    private static double Status(string name) => double.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1e3;

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
