using Lab.Abstractions;
using Lab.Runtime;

namespace Lab.Extensions.Magics;

/// <summary><c>#!lab</c>: what the notebook runs on.</summary>
internal static class LabMagic
{
    public static MagicCommand Command { get; } = new("lab", "#!lab", "Shows versions, devices, threads and memory.", RunAsync);

    private static Task RunAsync(MagicInvocation invocation)
    {
        MagicUsage.NoArguments(invocation, Command);
        invocation.Context.Display(RuntimeReport.Now());
        return Task.CompletedTask;
    }
}
