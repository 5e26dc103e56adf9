using Lab.Abstractions;
using Lab.Kernel.Html;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;

namespace Lab.Kernel.Running;

/// <summary>A run whose process has died or was killed: what it could no longer write down, whoever watched it writes.</summary>
public static class LostRun
{
    /// <summary>Puts an error below the cell that was running, in the executed notebook as it was last saved, and writes its page.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="scripts">What the page's outputs need.</param>
    /// <param name="folder">The notebook's folder, where relative pictures of its Markdown lie.</param>
    /// <param name="number">Of the cell that was running, from 1 among the code cells to run.</param>
    /// <param name="run">How it ended.</param>
    /// <returns>The run with the paths of what was written.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file cannot be written.</exception>
    public static NotebookRun Record(RunOptions options, IReadOnlyList<ScriptResource> scripts, string folder, int number, NotebookRun run)
    {
        var notebook = NotebookDocument.Load(options.NotebookPath);
        var cell = NotebookExecution.CellsToRun(notebook)[number - 1];
        cell.ExecutionCount = number;
        var recorder = new OutputRecorder(notebook);
        recorder.Begin(cell).Write(new ErrorOutput(run.Status.ToString(), run.Message ?? "", []));
        recorder.Edit(document =>
        {
            RunMetadata.Stamp(document, run.Status);
            document.Save(options.NotebookPath);
        });
        if (options.PagePath is not null) NotebookPage.Write(notebook, scripts, folder, options.PagePath);
        return run with { NotebookPath = options.NotebookPath, PagePath = options.PagePath };
    }
}
