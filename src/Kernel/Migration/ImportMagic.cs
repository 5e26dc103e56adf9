using Lab.Abstractions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Session;

namespace Lab.Kernel.Migration;

/// <summary><c>#!import</c>: runs the code of another file in this session.</summary>
internal sealed class ImportMagic
{
    private readonly string folder;

    /// <param name="folder">Where relative paths start.</param>
    public ImportMagic(string folder)
    {
        this.folder = folder;
        Command = new("import", "#!import <file>", "Runs the code of a .cs, .csx, .dib or .ipynb file, all cells in order.", RunAsync);
    }

    public MagicCommand Command { get; }

    private async Task RunAsync(MagicInvocation magic)
    {
        if (magic.Arguments.Length == 0) throw new MagicException($"#!import needs a file: {Command.Usage}.");
        var path = Path.GetFullPath(magic.Arguments.Trim('"'), folder);
        if (!File.Exists(path)) throw new MagicException($"#!import: there is no file {path}.");
        var name = Path.GetFileName(path);
        var cells = Cells(path).ToList();
        for (var i = 0; i < cells.Count; i++)
        {
            try
            {
                await magic.Context.SubmitAsync(cells[i]).ConfigureAwait(false);
            }
            catch (CompilationException e)
            {
                var place = e.Errors[0].Location.GetLineSpan().StartLinePosition;
                throw new MagicException($"#!import {name}{(cells.Count > 1 ? $", cell {i + 1}" : "")}, line {place.Line + 1}: error {e.Errors[0].Id}: {e.Message}");
            }
        }
    }

    private static IEnumerable<string> Cells(string path)
    {
        try
        {
            var text = File.ReadAllText(path);
            var name = Path.GetFileName(path);
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".cs" or ".csx" => [text],
                ".dib" => Code(DibFile.Read(text, name)),
                ".ipynb" => Code(NotebookDocument.Parse(text, name)),
                var other => throw new MagicException($"#!import reads .cs, .csx, .dib and .ipynb, not '{other}'."),
            };
        }
        catch (NotebookFormatException e)
        {
            throw new MagicException($"#!import: {e.Message}");
        }
    }

    private static List<string> Code(NotebookDocument notebook) =>
        [.. notebook.Cells.Where(c => c.Type == CellType.Code && c.Source.Trim().Length > 0).Select(CellLanguages.CodeOf)];
}
