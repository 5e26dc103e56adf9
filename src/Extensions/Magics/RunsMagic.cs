using Lab.Abstractions;
using Lab.Runs;

namespace Lab.Extensions.Magics;

/// <summary><c>#!runs</c>: the runs that <c>lab run</c> and <c>lab sweep</c> have kept.</summary>
internal static class RunsMagic
{
    private const int MostRows = 20;

    public static MagicCommand Command { get; } = new(
        "runs", "#!runs [condition ...] [--last n] [--claims] [--curves metric]",
        "Shows the last runs that meet conditions (notebook=fqgan epochs>4 status!=Succeeded), their claims over seeds, or a metric of their trainings as curves.", RunAsync);

    private static Task RunAsync(MagicInvocation invocation)
    {
        try
        {
            Show(invocation.Context, RunStore.Default, RunRequest.Parse(invocation.Arguments));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or IOException)
        {
            throw new MagicException(e.Message);
        }

        return Task.CompletedTask;
    }

    private static void Show(INotebookContext notebook, RunStore store, RunRequest request)
    {
        var kept = store.Runs();
        if (kept.Count == 0) throw new MagicException($"No run is kept in {store.Path} yet: lab run and lab sweep keep theirs there.");
        var runs = kept.Where(run => request.Conditions.All(condition => condition.Holds(run))).TakeLast(request.Last ?? (request.Metric is null && !request.Claims ? MostRows : int.MaxValue)).Reverse().ToList();
        if (runs.Count == 0) throw new MagicException($"None of the {kept.Count} runs in the store meets that. Names are notebook, status, seconds, started, id, parameters, and: {string.Join(", ", kept.SelectMany(run => run.Environment.Keys).Distinct())}.");

        if (request.Claims) notebook.Display(RunTables.Claims(runs));
        if (request.Metric is { } metric) notebook.Display(RunCharts.Curves(store, runs, metric));
        if (!request.Claims && request.Metric is null) notebook.Display(RunTables.Runs(runs));
    }

    private sealed record RunRequest(IReadOnlyList<RunCondition> Conditions, int? Last, bool Claims, string? Metric)
    {
        /// <exception cref="FormatException">Not of the form that the usage tells.</exception>
        public static RunRequest Parse(string arguments)
        {
            var request = new RunRequest([], null, false, null);
            var words = MagicUsage.Words(arguments);
            for (var i = 0; i < words.Count; i++)
                request = words[i] switch
                {
                    "--claims" => request with { Claims = true },
                    "--last" => request with { Last = i + 1 < words.Count && int.TryParse(words[++i], out var last) && last > 0 ? last : throw new FormatException("--last expects a number above 0.") },
                    "--curves" => request with { Metric = i + 1 < words.Count ? words[++i] : Curve.Loss },
                    ['-', ..] unknown => throw new FormatException($"{unknown} is not known. Usage: {Command.Usage}"),
                    var condition => request with { Conditions = [.. request.Conditions, RunCondition.Parse(condition)] },
                };
            return request;
        }
    }
}
