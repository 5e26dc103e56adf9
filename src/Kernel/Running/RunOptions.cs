using System.Reflection;
using System.Text.Json.Serialization;

namespace Lab.Kernel.Running;

/// <summary>How to run a notebook.</summary>
public sealed record RunOptions
{
    /// <summary>Assemblies with a <see cref="Abstractions.NotebookExtensionAttribute"/>; each process loads its own.</summary>
    [JsonIgnore]
    public IReadOnlyList<Assembly> Extensions { get; init; } = [];

    /// <summary>Values for the parameters cell, as text.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the executed notebook goes; its folder exists.</summary>
    public required string NotebookPath { get; init; }

    /// <summary>Where its page goes; null writes none.</summary>
    public string? PagePath { get; init; }

    /// <summary>Limit for the whole notebook.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Limit for each cell.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>Limit for the working set of the process in bytes.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>Go on behind cells that end with an error, whichever it is.</summary>
    public bool AllowErrors { get; init; }

    /// <summary>Go on behind cells that end with an error of one of these names, e.g. <c>FormatException</c> or <c>TimeLimit</c>.</summary>
    public IReadOnlyList<string> AllowedErrors { get; init; } = [];

    internal bool Allows(Session.ErrorOutput error) => AllowErrors || AllowedErrors.Contains(error.Name);

    // How long a cell may take to notice that it is cancelled.
    internal TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
