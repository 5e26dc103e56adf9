using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Syntax;

namespace Lab.Kernel.Publishing;

/// <summary>What publishing has done to a notebook.</summary>
/// <param name="Pictures">Outputs that have received a picture.</param>
/// <param name="Undrawn">Outputs that have none, because there is no browser to draw them.</param>
/// <param name="Removed">Source of the cell that set the parameters from outside; null without one.</param>
public sealed record Publication(int Pictures, int Undrawn, string? Removed);

/// <summary>
/// Makes an executed notebook fit to be committed: charts also become pictures, which code hosts show, and what changes
/// from run to run without meaning goes. Nothing is executed.
/// </summary>
public static class NotebookPublication
{
    /// <summary>The largest file that code hosts still render with patience.</summary>
    public const int MaxBytes = 1_500_000;

    private const string Png = "image/png";

    /// <summary>Changes the notebook in place.</summary>
    /// <param name="notebook">With the outputs of a whole run.</param>
    /// <param name="scripts">What draws its outputs.</param>
    /// <param name="browser">Draws them; null leaves them without pictures.</param>
    /// <param name="cancellation">Ends the browser.</param>
    /// <exception cref="PublicationException">A cell has not run or has failed, an output cannot be drawn, or the result is too large.</exception>
    public static async Task<Publication> PublishAsync(
        NotebookDocument notebook, IReadOnlyList<ScriptResource> scripts, Chromium? browser, CancellationToken cancellation = default)
    {
        CheckExecuted(notebook);
        var removed = ParameterInjection.Remove(notebook);
        var drawable = Drawable(notebook, scripts);
        if (browser is not null && drawable.Count > 0)
        {
            var pictures = await OutputPictures.DrawAsync([.. drawable.Select(o => (o.MimeType, Data(o.Output)[o.MimeType]!))], scripts, browser, cancellation).ConfigureAwait(false);
            foreach (var (output, picture) in drawable.Zip(pictures)) Add(picture, output.Output);
        }

        foreach (var data in notebook.Cells.SelectMany(c => c.Outputs).Select(output => output?["data"]).OfType<JsonObject>())
            foreach (var (_, figure) in data.Where(form => form.Key.EndsWith("+json", StringComparison.Ordinal) && form.Key != ClaimCounts.MimeType)) FigureNumbers.Round(figure!);
        VolatileParts.Strip(notebook);
        CheckSize(notebook);
        return browser is null ? new Publication(0, drawable.Count, removed) : new Publication(drawable.Count, 0, removed);
    }

    private static List<(string MimeType, JsonObject Output)> Drawable(NotebookDocument notebook, IReadOnlyList<ScriptResource> scripts)
    {
        var types = scripts.Where(s => s.Draw is not null).Select(s => s.MimeType).ToHashSet();
        return [.. from output in notebook.Cells.SelectMany(c => c.Outputs).OfType<JsonObject>()
                   where output["data"] is JsonObject data && !data.ContainsKey(Png)
                   from type in Data(output).Select(form => form.Key).Where(types.Contains).Take(1)
                   select (type, output)];
    }

    private static void Add(OutputPicture picture, JsonObject output)
    {
        var data = Data(output);
        data[Png] = picture.Png;
        var metadata = output["metadata"] as JsonObject ?? [];
        metadata[Png] = new JsonObject { ["width"] = picture.Width, ["height"] = picture.Height };
        output["metadata"] = metadata;

        // Some hosts prefer the HTML and take its script out: then the picture in it is what shows.
        if (data["text/html"] is not { } html) return;
        var alternative = CSharpMarkup.Encode(MultilineText.Read(data["text/plain"]));
        data["text/html"] = MultilineText.Read(html).Replace(
            ScriptResource.PicturePlace, $"<img src=\"{picture.Preview}\" width=\"{picture.Width}\" height=\"{picture.Height}\" alt=\"{alternative}\">");
    }

    private static JsonObject Data(JsonObject output) => output["data"]!.AsObject();

    private static void CheckExecuted(NotebookDocument notebook)
    {
        var cells = notebook.Cells.Where(c => c.Type == CellType.Code && c.Source.Trim().Length > 0 && !c.Tags.Contains("skip-execution")).ToList();
        for (var i = 0; i < cells.Count; i++)
        {
            if (cells[i].ExecutionCount is null)
                throw new PublicationException($"{notebook.Name} was not run to its end: code cell {i + 1} ({FirstLine(cells[i])}) has no execution count. Run it with: lab run");
            if (!cells[i].Tags.Contains("raises-exception") && cells[i].Outputs.FirstOrDefault(o => (string?)o?["output_type"] == "error") is { } error)
                throw new PublicationException($"{notebook.Name} was not run to its end: code cell {i + 1} ({FirstLine(cells[i])}) failed with {error["ename"]}: {error["evalue"]}");
        }
    }

    private static void CheckSize(NotebookDocument notebook)
    {
        var size = notebook.ToBytes().Length;
        if (size <= MaxBytes) return;

        var largest = notebook.Cells.Select((cell, i) => (Number: i + 1, Cell: cell, Size: cell.Json.ToJsonString().Length)).OrderByDescending(c => c.Size).Take(3);
        throw new PublicationException($"{notebook.Name} would have {size:N0} bytes, more than the {MaxBytes:N0} that a committed notebook may have. " +
            $"The largest are {string.Join(", ", largest.Select(c => $"cell {c.Number} ({FirstLine(c.Cell)}; {c.Size:N0})"))}. Show fewer points or smaller pictures there.");
    }

    private static string FirstLine(NotebookCell cell) => cell.Source.Trim().Split('\n')[0].Trim();
}
