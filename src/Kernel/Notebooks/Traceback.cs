namespace Lab.Kernel.Notebooks;

/// <summary>The lines of an error below its title.</summary>
internal static class Traceback
{
    /// <summary>Leaves out a first line that only says the message again, for whoever shows the message as a title.</summary>
    public static IEnumerable<string> BelowTitle(IReadOnlyList<string> lines, string message) =>
        lines.Count > 0 && lines[0].EndsWith(message, StringComparison.Ordinal) ? lines.Skip(1) : lines;
}
