using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Publishing;

/// <summary>What differs from run to run, or from editor to editor, and says nothing about the result.</summary>
internal static class VolatileParts
{
    private static readonly string[] ofCells = ["collapsed", "execution", "ExecuteTime", "papermill", "pycharm", "scrolled", "trusted", "vscode"];
    private static readonly string[] ofNotebooks = ["papermill", "signature", "vscode"];

    /// <summary>Takes times and the state of editors out, and gives elements of HTML outputs names that stay. What <c>metadata.lab</c> tells of the run stays.</summary>
    public static void Strip(NotebookDocument notebook)
    {
        foreach (var name in ofNotebooks) notebook.Metadata.Remove(name);
        for (var i = 0; i < notebook.Cells.Count; i++)
        {
            var cell = notebook.Cells[i];
            foreach (var name in ofCells) (cell.Json["metadata"] as JsonObject)?.Remove(name);
            for (var j = 0; j < cell.Outputs.Count; j++)
                if (cell.Outputs[j]?["data"] is JsonObject data && data["text/html"] is { } html)
                    data["text/html"] = VolatileText.WithStableIds(MultilineText.Read(html), $"{i + 1}-{j + 1}");
        }
    }
}
