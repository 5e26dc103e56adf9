using System.Globalization;
using System.Runtime.InteropServices;
using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Kernel.Running;
using Lab.Papers;
using Lab.Runs;
using Lab.Syntax;

namespace Lab.Extensions;

/// <summary>A session in a front end as a run: the parameters as they are, and the claims and curves that were shown last.</summary>
internal sealed class SessionRun
{
    /// <summary>How the runs of front ends end: nobody says when they do.</summary>
    public const string Status = "Interactive";

    private readonly DateTimeOffset started = DateTimeOffset.UtcNow;
    private readonly Lock gate = new();
    private readonly List<TrainingStatus> trainings = []; // one per view, in the order in which they began
    private Claims? claims;

    /// <summary>Of the last cell that declared some.</summary>
    public IReadOnlyList<ParameterDeclaration> Parameters { get; set; } = [];

    public void Shown(Claims shown)
    {
        lock (gate) claims = shown;
    }

    public void Shown(TrainingStatus shown)
    {
        lock (gate)
        {
            var known = trainings.FindIndex(training => training.Title == shown.Title);
            if (known < 0) trainings.Add(shown);
            else trainings[known] = shown;
        }
    }

    /// <param name="name">Of the notebook; null: as the front end tells, or the paper whose claims were shown.</param>
    /// <param name="notebook">Has the parameters' values.</param>
    /// <param name="environment">Libraries and devices, by name.</param>
    /// <exception cref="MagicException">Nobody knows what the notebook is called.</exception>
    public RunRecord Record(string? name, INotebookContext notebook, IReadOnlyDictionary<string, string> environment)
    {
        lock (gate)
        {
            string?[] names = [name, Path.GetFileNameWithoutExtension(Environment.GetEnvironmentVariable("JPY_SESSION_NAME")), claims?.Slug];
            var called = names.FirstOrDefault(known => !string.IsNullOrWhiteSpace(known))
                ?? throw new MagicException("The front end does not tell what this notebook is called: #!runs --keep NAME.");
            var values = Parameters.ToDictionary(parameter => parameter.Name, parameter => Text(notebook.Variables.FirstOrDefault(variable => variable.Name == parameter.Name)?.Value));
            var machine = new Dictionary<string, string> { ["cores"] = $"{Environment.ProcessorCount}", ["os"] = RuntimeInformation.OSDescription };
            if (SourceCommit.Of(Environment.CurrentDirectory) is { } commit) machine["commit"] = commit; // front ends start kernels in the notebook's folder
            return new(Guid.NewGuid().ToString("N"), called, Status, started, Math.Round((DateTimeOffset.UtcNow - started).TotalSeconds, 1), values, machine.Concat(environment).ToDictionary())
            {
                Claims = claims,
                Curves = [.. trainings.SelectMany(training => training.Runs).SelectMany(run => run.Curves)],
            };
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
