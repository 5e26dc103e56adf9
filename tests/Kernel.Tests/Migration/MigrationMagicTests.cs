using Kernel.Tests.Notebooks;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Migration;

/// <summary>The magics that notebooks of .NET Interactive use, each in a run notebook.</summary>
public sealed class MigrationMagicTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("#!csharp\n1 + 1", "text/plain", "2")]
    [InlineData("#!cs\n1 + 1", "text/plain", "2")]
    [InlineData("#!markdown\n# Title", "text/markdown", "# Title")]
    [InlineData("#!md\n# Title", "text/markdown", "# Title")]
    [InlineData("#!html\n<b>x</b>", "text/html", "<b>x</b>")]
    [InlineData("#!javascript\nreturn '</script>';", "text/html", "<script>\n(async function () {\nreturn '<\\/script>';\n})();\n</script>")]
    [InlineData("using static Microsoft.DotNet.Interactive.Formatting.PocketViewTags;\ndisplay(div(\"x\"));", "text/html", "<div>x</div>")]
    [InlineData("HTML(\"<b>x</b>\").Display();", "text/html", "<b>x</b>")]
    [InlineData("SVG(\"<svg></svg>\")", "text/html", "<svg></svg>")]
    [InlineData("#!mermaid\ngraph LR; a-->b", "text/vnd.mermaid", "graph LR; a-->b")]
    [InlineData("var a = 1; int[] b = [2];\n#!whos", "text/plain", "Int32 a = 1\nInt32[] b = [ 2 ]")]
    public async Task A_cell_shows(string code, string type, string shown)
    {
        var cell = await RunAsync(code);
        Assert.Equal(shown, MultilineText.Read(cell.Outputs[^1]!["data"]![type]));
    }

    [Theory]
    [InlineData("var a = 1; var b = 2;\n#!who", "a, b\n")]
    [InlineData("#!who", "No variables.\n")]
    public async Task Who_lists_names(string code, string printed) => Assert.Equal(printed, MultilineText.Read((await RunAsync(code)).Outputs[0]!["text"]));

    [Fact]
    public async Task About_and_lsmagic_print()
    {
        Assert.Contains(".NET 10", MultilineText.Read((await RunAsync("#!about")).Outputs[0]!["text"]));
        Assert.Contains("#!import <file>", MultilineText.Read((await RunAsync("#!lsmagic")).Outputs[0]!["text"]));
    }

    [Fact]
    public async Task A_chooser_in_the_middle_begins_another_language()
    {
        var cell = await RunAsync("#!markdown\n# Title\n\n#!csharp\n\nthrow new Exception(\"x\");");
        Assert.Equal("# Title\n", MultilineText.Read(cell.Outputs[0]!["data"]!["text/markdown"]));
        Assert.Contains("line 6", cell.Outputs[1]!["traceback"]!.ToJsonString());
    }

    [Theory]
    [InlineData("#!fsharp\nlet x = 1", "#!fsharp: this kernel runs C# only. Move the cell to a notebook of that language or translate it.")]
    [InlineData("1\n#!pwsh\nls", "#!pwsh: this kernel runs C# only. Move the cell to a notebook of that language or translate it.")]
    [InlineData("#!share x --from fsharp", "#!share: this kernel has one language, so there is nobody to share variables with; remove the line.")]
    [InlineData("#!import none.cs", "#!import: there is no file ")]
    [InlineData("#!import", "#!import needs a file: #!import <file>.")]
    [InlineData("#i \"https://example.org\"", "#i \"https://example.org\": expected nuget: and the address or folder of a package source.")]
    [InlineData("#i \"nuget:none\"", "#i \"nuget:none\": there is no folder ")]
    public async Task What_cannot_be_fails_with_one_sentence(string code, string sentence)
    {
        var error = (await RunAsync(code)).Outputs[^1]!;
        Assert.StartsWith(sentence, (string)error["evalue"]!);
        Assert.Single(error["traceback"]!.AsArray());
    }

    [Fact]
    public async Task A_cell_whose_language_only_the_editor_knows_fails_with_that_sentence_too()
    {
        var cell = Code("let x = 1");
        cell["metadata"]!["polyglot_notebook"] = new System.Text.Json.Nodes.JsonObject { ["kernelName"] = "fsharp" };
        Assert.StartsWith("#!fsharp: this kernel runs C# only.", (string)(await RunAsync(cell)).Outputs[0]!["evalue"]!);
    }

    [Theory]
    [InlineData("util.cs", "int Twice(int x) => 2 * x;")]
    [InlineData("util.dib", "#!markdown\n\n# Tools\n\n#!csharp\n\nint two = 2;\n\n#!csharp\n\nint Twice(int x) => two * x;")]
    [InlineData("util.ipynb", null)]
    public async Task Import_runs_the_code_of_another_file(string name, string? text)
    {
        File.WriteAllText(Path.Combine(folder.Path, name), text ?? Json(Markdown("# Tools"), Code("int two = 2;"), Code("int Twice(int x) => two * x;")));
        Assert.Equal("42", MultilineText.Read((await RunAsync($"#!import {name}\nTwice(21)")).Outputs[^1]!["data"]!["text/plain"]));
    }

    [Fact]
    public async Task An_error_in_an_imported_file_names_the_file_and_its_line()
    {
        File.WriteAllText(Path.Combine(folder.Path, "util.cs"), "// first\nint x = \"text\";");
        Assert.StartsWith("#!import util.cs, line 2: error CS0029", (string)(await RunAsync("1\n\n#!import util.cs")).Outputs[^1]!["evalue"]!);
    }

    private Task<NotebookCell> RunAsync(string code) => RunAsync(Code(code));

    private async Task<NotebookCell> RunAsync(System.Text.Json.Nodes.JsonObject cell)
    {
        var (input, output) = (Path.Combine(folder.Path, "test.ipynb"), Path.Combine(folder.Path, "executed.ipynb"));
        File.WriteAllText(input, Json(cell));
        await NotebookRunner.RunAsync(input, new RunOptions { NotebookPath = output });
        return NotebookDocument.Load(output).Cells[0];
    }
}
