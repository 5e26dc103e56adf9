using System.Diagnostics;
using System.Globalization;
using Lab.Abstractions;

namespace Lab.Extensions.Magics;

/// <summary><c>#!time</c>: how long the cell takes.</summary>
internal static class TimeMagic
{
    public static MagicCommand Command { get; } = new("time", "#!time", "Shows the wall time of the rest of the cell.", RunAsync);

    private static async Task RunAsync(MagicInvocation invocation)
    {
        MagicUsage.NoArguments(invocation, Command);
        var watch = Stopwatch.StartNew();
        await invocation.ContinueAsync();
        invocation.Context.Display(new WallTime(watch.Elapsed));
    }
}

/// <summary>How long a cell took; shown as text.</summary>
internal sealed record WallTime(TimeSpan Elapsed)
{
    public override string ToString() => $"Wall time: {Elapsed switch
    {
        { TotalSeconds: < 1 } => $"{Elapsed.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms",
        { TotalMinutes: < 1 } => $"{Elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s",
        _ => $"{(int)Elapsed.TotalMinutes} min {Elapsed.Seconds} s",
    }}";
}
