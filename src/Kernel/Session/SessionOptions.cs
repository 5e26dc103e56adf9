using System.Reflection;

namespace Lab.Kernel.Session;

/// <summary>What a session starts with.</summary>
public sealed record SessionOptions
{
    /// <summary>Assemblies marked with <see cref="Abstractions.NotebookExtensionAttribute"/>.</summary>
    public IReadOnlyList<Assembly> Extensions { get; init; } = [];

    /// <summary>Relative paths of <c>#r</c> start here.</summary>
    public string WorkingDirectory { get; init; } = Environment.CurrentDirectory;

    /// <summary>Parameters set from outside, by name, as C# text; shown by magics that list parameters.</summary>
    public IReadOnlyDictionary<string, string> InjectedParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Takes what goes through comms; null where nobody shows or records widgets.</summary>
    public ICommChannel? Comms { get; init; }

    // How long after an interrupt a cell that nothing has ended is left behind; a busy machine takes longer to end it.
    internal TimeSpan LeaveAfter { get; init; } = TimeSpan.FromMilliseconds(1_600);
}

/// <summary>How a cell ended. Its outputs, the error included, went to the sink.</summary>
/// <param name="Error">Null when the cell ran to its end.</param>
/// <param name="Interrupted">Whether the error is the answer to an interrupt.</param>
public sealed record CellResult(ErrorOutput? Error, bool Interrupted = false)
{
    /// <summary>Whether the cell ran to its end.</summary>
    public bool Succeeded => Error is null;
}
