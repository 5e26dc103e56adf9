using Lab.Abstractions;
using Lab.Runtime;

namespace Lab.Extensions.Magics;

/// <summary><c>#!lab</c>: what the notebook runs on.</summary>
internal static class LabMagic
{
    public static MagicCommand Command { get; } = new("lab", "#!lab", "Shows versions, devices, threads and memory.", invocation => RunAsync(invocation, Command!));

    /// <summary>The name under which .NET Interactive has such a command.</summary>
    public static MagicCommand About { get; } = new("about", "#!about", "Shows versions, devices, threads and memory.", invocation => RunAsync(invocation, About!));

    private static Task RunAsync(MagicInvocation invocation, MagicCommand command)
    {
        MagicUsage.NoArguments(invocation, command);
        invocation.Context.Display(RuntimeReport.Now());
        return Task.CompletedTask;
    }
}
