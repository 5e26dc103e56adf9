using System.Text.Json.Nodes;
using CsCheck;
using Lab.Kernel.Migration;
using Lab.Kernel.Notebooks;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Migration;

public class DibFileTests
{
    private const string Mixed = """
        #!meta

        {"kernelInfo":{"defaultKernelName":"csharp","items":[{"name":"csharp","aliases":["C#"]},{"name":"sql-orders","aliases":["orders"]}]}}

        #!markdown

        # Title

        text

        #!csharp

        #!time
        var x = 1;

        x + 1

        #!fs

        let y = 2

        #!orders

        select 1

        #!cs

        x
        """;

    [Fact]
    public void Cells_are_cut_where_a_language_is_chosen_and_magics_stay_inside()
    {
        var notebook = DibFile.Read(Mixed, "old");
        Assert.Equal(
            ["# Title\n\ntext", "#!time\nvar x = 1;\n\nx + 1", "#!fsharp\nlet y = 2", "#!sql-orders\nselect 1", "x"],
            notebook.Cells.Select(c => c.Source));
        Assert.Equal([CellType.Markdown, CellType.Code, CellType.Code, CellType.Code, CellType.Code], notebook.Cells.Select(c => c.Type));
        Assert.Equal("fsharp", (string?)notebook.Cells[2].Metadata["polyglot_notebook"]!["kernelName"]);
        Assert.Equal("csharp", (string?)notebook.Metadata["polyglot_notebook"]!["kernelInfo"]!["defaultKernelName"]);
        Assert.Equal("lab-csharp", (string?)notebook.Metadata["kernelspec"]!["name"]);
        Assert.Equal(5, notebook.Cells.Select(c => (string)c.Json["id"]!).Distinct().Count());
    }

    [Fact]
    public void A_file_without_choosers_is_one_csharp_cell() => Assert.Equal("1 + 1", Assert.Single(DibFile.Read("\r\n1 + 1\r\n", "old").Cells).Source);

    [Fact]
    public void Reading_what_was_written_gives_the_same_notebook()
    {
        var notebook = DibFile.Read(Mixed, "old");
        Assert.Equal(notebook.Json.ToJsonString(), DibFile.Read(DibFile.Write(notebook), "old").Json.ToJsonString());
    }

    [Fact]
    public void Cells_of_all_kinds_survive_the_way_there_and_back()
    {
        var line = Gen.OneOf(Gen.Const(""), Gen.Const("#!time"), Gen.Const("  indented"), Gen.Const("#r \"x\""), Gen.String[Gen.Char['a', 'z'], 1, 9], Gen.Const("é 😀"));
        var text = line.Array[1, 5].Select(lines => string.Join('\n', lines).Trim('\n')).Where(t => t.Length > 0);
        Gen.Select(Gen.OneOf(Gen.Const("markdown"), Gen.Const("csharp"), Gen.Const("fsharp"), Gen.Const("html")), text).Array[1, 6].Sample(cells =>
        {
            var notebook = Of([.. cells.Select(c => c.Item1 switch { "markdown" => Markdown(c.Item2), "csharp" => Code(c.Item2), var other => Code($"#!{other}\n{c.Item2}") })]);
            Assert.Equal(notebook.Cells.Select(c => c.Source), DibFile.Read(DibFile.Write(notebook), "again").Cells.Select(c => c.Source));
        }, iter: 200);
    }

    [Fact]
    public void A_language_that_the_editor_has_noted_is_written()
    {
        var cell = Code("let x = 1");
        cell["metadata"]!["dotnet_interactive"] = new JsonObject { ["language"] = "fsharp" };
        Assert.Equal("#!fsharp\n\nlet x = 1\n\n", DibFile.Write(Of(cell)));
    }

    [Fact]
    public void What_the_format_cannot_hold_is_refused()
    {
        var raw = Markdown("text");
        raw["cell_type"] = "raw";
        Assert.Contains("cell 1 is raw text", Assert.Throws<NotebookFormatException>(() => DibFile.Write(Of(raw))).Message);
        Assert.Contains("the line '#!csharp'", Assert.Throws<NotebookFormatException>(() => DibFile.Write(Of(Markdown("```\n#!csharp\n```")))).Message);
    }

    [Theory]
    [InlineData("#!meta\n{", "is not JSON")]
    [InlineData("#!meta\n[]\n#!csharp\n1", "is not a JSON object")]
    [InlineData("\n\n", "has no cells")]
    public void A_broken_file_is_told(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<NotebookFormatException>(() => DibFile.Read(text, "old")).Message);
}
