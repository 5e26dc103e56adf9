using Lab.Kernel.Html;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;

namespace Lab.Kernel.Running;

/// <summary>
/// Runs a notebook without a screen, in this process and in a session of its own. The executed copy is saved after every
/// cell, so that whatever happens next, what was computed is there; the notebook itself is never touched.
/// </summary>
public static class NotebookRunner
{
    /// <summary>Runs a notebook to its end, its first error, its time limit or an interrupt.</summary>
    /// <param name="path">The notebook.</param>
    /// <param name="options">Where the results go, and with what it runs.</param>
    /// <param name="progress">Told of every cell, in order, from the thread that runs the notebook.</param>
    /// <param name="interrupt">Stops the running cell; the notebook is saved as it then stands.</param>
    /// <returns>How it ended. What goes wrong in the notebook or with the files is told there, not thrown.</returns>
    public static async Task<NotebookRun> RunAsync(
        string path, RunOptions options, IProgress<CellProgress>? progress = null, CancellationToken interrupt = default)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        NotebookDocument notebook;
        IReadOnlyDictionary<string, string> parameters;
        try
        {
            notebook = NotebookDocument.Load(path);
            parameters = ParameterInjection.Apply(notebook, options.Parameters);
        }
        catch (Exception e) when (e is NotebookFormatException or ParameterException || IsFileError(e))
        {
            return new NotebookRun(name, RunStatus.BadNotebook) { Message = e.Message };
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var widgets = new WidgetStates();
        var session = new CSharpSession(new SessionOptions { Extensions = options.Extensions, WorkingDirectory = folder, InjectedParameters = parameters, Comms = widgets });
        var execution = new NotebookExecution(notebook, session, Environment(session, folder), widgets, options, progress);
        var run = new NotebookRun(name, RunStatus.Succeeded);
        try
        {
            run = Judge(await execution.RunAsync(run, interrupt), notebook);
            execution.End(run.Status);
            if (options.PagePath is not null)
            {
                NotebookPage.Write(notebook, session.Scripts, folder, options.PagePath);
                run = run with { PagePath = options.PagePath };
            }
        }
        catch (Exception e) when (IsFileError(e))
        {
            run = run with { Status = RunStatus.OutputNotWritten, Message = e.Message };
        }

        // A session with a cell that cannot be stopped cannot be disposed either; the process is about to end.
        if (!run.CellStillRuns) await session.DisposeAsync();
        return run;
    }

    /// <summary>Whether a notebook takes these parameters.</summary>
    /// <exception cref="ParameterException">It has no parameters cell or not one of the names, or a value does not fit.</exception>
    public static void CheckParameters(NotebookDocument notebook, IReadOnlyDictionary<string, string> parameters) => ParameterInjection.Check(notebook, parameters);

    private static IReadOnlyDictionary<string, string> Environment(CSharpSession session, string folder)
    {
        var facts = new Dictionary<string, string>(session.Environment);
        if (SourceCommit.Of(folder) is { } commit) facts["commit"] = commit;
        return facts;
    }

    private static NotebookRun Judge(NotebookRun run, NotebookDocument notebook)
    {
        try
        {
            run = run with { Claims = ClaimCounts.In(notebook) };
        }
        catch (FormatException e)
        {
            return run.Status == RunStatus.Succeeded ? run with { Status = RunStatus.ClaimFailed, Message = e.Message } : run;
        }

        return run is { Status: RunStatus.Succeeded, Claims.Fails: > 0 }
            ? run with { Status = RunStatus.ClaimFailed, Message = $"Failed: {string.Join("; ", run.Claims.Failed)}." }
            : run;
    }

    private static bool IsFileError(Exception e) => e is IOException or UnauthorizedAccessException;
}
