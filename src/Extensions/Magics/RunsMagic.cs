using Lab.Abstractions;
using Lab.Runs;

namespace Lab.Extensions.Magics;

/// <summary><c>#!runs</c>: the runs that <c>lab run</c> and <c>lab sweep</c> have kept; with <c>--keep</c> this session is kept beside them.</summary>
internal sealed class RunsMagic
{
    private const string Usage = "#!runs [condition ...] [--last n] [--claims] [--curves metric] | #!runs --keep [name]";
    private const int MostRows = 20;

    private readonly SessionRun session;
    private readonly Func<IReadOnlyDictionary<string, string>> environment;

    /// <param name="session">Can be kept.</param>
    /// <param name="environment">Libraries and devices, by name.</param>
    public RunsMagic(SessionRun session, Func<IReadOnlyDictionary<string, string>> environment) => (this.session, this.environment, Command) = (session, environment, new(
        "runs", Usage,
        "Shows the last runs that meet conditions (notebook=fqgan epochs>4 status!=Succeeded), their claims over seeds, or a metric of their trainings as curves; --keep adds this session with its parameters and the claims and curves that it showed last.",
        RunAsync));

    public MagicCommand Command { get; }

    private Task RunAsync(MagicInvocation invocation)
    {
        try
        {
            var request = RunRequest.Parse(invocation.Arguments);
            if (request.Keep) Keep(invocation.Context, RunStore.Default, request.Name);
            else Show(invocation.Context, RunStore.Default, request);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException)
        {
            throw new MagicException(e.Message);
        }

        return Task.CompletedTask;
    }

    private void Keep(INotebookContext notebook, RunStore store, string? name)
    {
        var run = session.Record(name, notebook, environment());
        store.Add(run);
        notebook.Display(RunTables.Runs([run]));
    }

    private static void Show(INotebookContext notebook, RunStore store, RunRequest request)
    {
        var kept = store.Runs();
        if (kept.Count == 0) throw new MagicException($"No run is kept in {store.Path} yet: lab run and lab sweep keep theirs there, and #!runs --keep this session.");
        var runs = kept.Where(run => request.Conditions.All(condition => condition.Holds(run))).TakeLast(request.Last ?? (request.Metric is null && !request.Claims ? MostRows : int.MaxValue)).Reverse().ToList();
        if (runs.Count == 0) throw new MagicException($"None of the {kept.Count} runs in the store meets that. Names are notebook, status, seconds, started, id, parameters, and: {string.Join(", ", kept.SelectMany(run => run.Environment.Keys).Distinct())}.");

        if (request.Claims) notebook.Display(RunTables.Claims(runs));
        if (request.Metric is { } metric) notebook.Display(RunCharts.Curves(store, runs, metric));
        if (!request.Claims && request.Metric is null) notebook.Display(RunTables.Runs(runs));
    }

    private sealed record RunRequest(IReadOnlyList<RunCondition> Conditions, int? Last, bool Claims, string? Metric)
    {
        /// <summary>Keep this session, and show nothing else.</summary>
        public bool Keep { get; init; }

        /// <summary>Under which it is kept.</summary>
        public string? Name { get; init; }

        /// <exception cref="FormatException">Not of the form that the usage tells.</exception>
        public static RunRequest Parse(string arguments)
        {
            var request = new RunRequest([], null, false, null);
            var words = MagicUsage.Words(arguments);
            if (words is ["--keep", ..])
                return words.Count <= 2 ? request with { Keep = true, Name = words.ElementAtOrDefault(1) } : throw new FormatException($"--keep takes a name and nothing else. Usage: {Usage}");
            for (var i = 0; i < words.Count; i++)
                request = words[i] switch
                {
                    "--claims" => request with { Claims = true },
                    "--last" => request with { Last = i + 1 < words.Count && int.TryParse(words[++i], out var last) && last > 0 ? last : throw new FormatException("--last expects a number above 0.") },
                    "--curves" => request with { Metric = i + 1 < words.Count ? words[++i] : Curve.Loss },
                    ['-', ..] unknown => throw new FormatException($"{unknown} is not known. Usage: {Usage}"),
                    var condition => request with { Conditions = [.. request.Conditions, RunCondition.Parse(condition)] },
                };
            return request;
        }
    }
}
