using System.CommandLine;
using Lab.Kernel.Migration;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;

namespace Lab.Cli;

/// <summary><c>lab convert</c>: between .dib files of .NET Interactive and Jupyter notebooks.</summary>
internal static class ConvertCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var from = new Argument<string>("from") { Description = "A .dib or .ipynb file." };
        var to = new Argument<string>("to") { Description = "The new .ipynb or .dib file." };
        var command = new Command("convert", "Convert a .dib file to a notebook, or a notebook to a .dib file.") { from, to };
        command.SetAction(line => Convert(line.GetRequiredValue(from), line.GetRequiredValue(to), output, error));
        return command;
    }

    private static int Convert(string from, string to, TextWriter output, TextWriter error)
    {
        if (!File.Exists(from)) throw new UsageException($"There is no file {from}.");
        if (File.Exists(to)) throw new UsageException($"{to} exists already; choose another name or remove it.");
        try
        {
            switch (Path.GetExtension(from).ToLowerInvariant(), Path.GetExtension(to).ToLowerInvariant())
            {
                case (".dib", ".ipynb"):
                    DibFile.Read(File.ReadAllText(from), Path.GetFileName(from)).Save(to);
                    break;
                case (".ipynb", ".dib"):
                    var notebook = NotebookDocument.Load(from);
                    DibFile.Save(notebook, to);
                    var shown = notebook.Cells.Count(c => c.Outputs.Count > 0);
                    if (shown > 0) output.WriteLine($"A .dib file has no outputs, so those of {shown} cells are not in it.");
                    break;
                default:
                    throw new UsageException($"lab convert makes .ipynb from .dib and .dib from .ipynb, not {Path.GetExtension(to)} from {Path.GetExtension(from)}.");
            }

            output.WriteLine(to);
            return ExitCode.Ok;
        }
        catch (NotebookFormatException e)
        {
            error.WriteLine(e.Message);
            return (int)RunStatus.BadNotebook;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"Nothing was converted: {e.Message}");
            return ExitCode.NotWritten;
        }
    }
}
