using System.Reflection;

namespace Lab.Kernel.Running;

/// <summary>How to run a notebook.</summary>
public sealed record RunOptions
{
    /// <summary>Assemblies with a <see cref="Abstractions.NotebookExtensionAttribute"/>.</summary>
    public IReadOnlyList<Assembly> Extensions { get; init; } = [];

    /// <summary>Values for the parameters cell, as text.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the executed notebook goes; its folder exists.</summary>
    public required string NotebookPath { get; init; }

    /// <summary>Where its page goes; null writes none.</summary>
    public string? PagePath { get; init; }

    /// <summary>Limit for the whole notebook.</summary>
    public TimeSpan? Timeout { get; init; }

    // How long a cell may take to notice that it is cancelled.
    internal TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);
}
