using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Lab.Kernel.Notebooks;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Notebooks;

public class NotebookDocumentTests
{
    // Written by Jupyter's own nbformat, with a field and metadata of somebody else.
    private const string AsJupyterWritesIt = """
        {
         "cells": [
          {
           "cell_type": "markdown",
           "id": "a1",
           "metadata": {},
           "source": [
            "# Tokens 🧩\n",
            "\n",
            "Größe $x<y$"
           ]
          },
          {
           "cell_type": "code",
           "execution_count": 1,
           "id": "b2",
           "metadata": {
            "somebody": {
             "else": 0.10
            },
            "tags": [
             "parameters"
            ]
           },
           "outputs": [
            {
             "data": {
              "application/json": {
               "a": []
              },
              "image/png": "iVBORw0KGgo=",
              "text/plain": [
               "1\n",
               "2"
              ]
             },
             "execution_count": 1,
             "metadata": {},
             "output_type": "execute_result"
            }
           ],
           "source": [
            "int a = 1;"
           ]
          }
         ],
         "future": true,
         "metadata": {
          "kernelspec": {
           "display_name": "C# (Lab)",
           "language": "C#",
           "name": "lab-csharp"
          }
         },
         "nbformat": 4,
         "nbformat_minor": 5
        }

        """;

    private static readonly string jupyter = AsJupyterWritesIt.ReplaceLineEndings("\n");

    [Fact]
    public void A_file_as_Jupyter_writes_it_comes_back_byte_by_byte() =>
        Assert.Equal(jupyter, Encoding.UTF8.GetString(NotebookDocument.Parse(jupyter, "x").ToBytes()));

    [Fact]
    public void A_source_may_be_one_string_or_an_array_of_lines_and_is_written_as_lines()
    {
        var document = Of(Code("a\nb\n\nc"), Code(""));
        Assert.Equal("a\nb\n\nc", document.Cells[0].Source);

        var saved = JsonNode.Parse(document.ToBytes())!;
        Assert.Equal(["a\n", "b\n", "\n", "c"], saved["cells"]![0]!["source"]!.AsArray().Select(l => l!.GetValue<string>()));
        Assert.Empty(saved["cells"]![1]!["source"]!.AsArray());
    }

    [Fact]
    public void Any_text_survives_saving() =>
        Gen.OneOf(Gen.String, Gen.Const("\n"), Gen.Const("\r\n"), Gen.Const("\u2028"), Gen.Const("\u0085"), Gen.Const("😀"), Gen.Const("\\\"\b\f\t\u007f\0"))
            .Array[0, 8].Select(string.Concat).Where(IsValidUnicode)
            .Sample(text =>
            {
                var document = Of(Code("x"));
                document.Cells[0].Source = text;
                Assert.Equal(text, NotebookDocument.Parse(Encoding.UTF8.GetString(document.ToBytes()), "again").Cells[0].Source);
            });

    [Fact]
    public void An_inserted_cell_has_an_id_from_format_4_5_on()
    {
        var document = Of(Code("1"));
        Assert.Equal("new", document.InsertCode(0, "new", "2").Json["id"]!.GetValue<string>());

        var old = NotebookDocument.Parse(Json(Code("1")).Replace("\"nbformat_minor\":5", "\"nbformat_minor\":4"), "old");
        Assert.False(old.InsertCode(0, "new", "2").Json.ContainsKey("id"));
        Assert.Equal(["2", "1"], old.Cells.Select(c => c.Source));
    }

    [Theory]
    [InlineData("{\n \"cells\": [", "not JSON (line 2")]
    [InlineData("", "not JSON")]
    [InlineData("[1]", "not an object")]
    [InlineData("{}", "no number 'nbformat'")]
    [InlineData("""{"nbformat": 3, "worksheets": []}""", "format 3")]
    [InlineData("""{"nbformat": 4}""", "no array 'cells'")]
    [InlineData("""{"nbformat": 4, "cells": []}""", "no cells")]
    [InlineData("""{"nbformat": 4, "nbformat": 4, "cells": []}""", "not JSON")]
    [InlineData("""{"nbformat": 4, "cells": [1], "metadata": {"kernelspec": {"name": "python3", "language": "python"}}}""", "kernel python3 (python)")]
    [InlineData("""{"nbformat": 4, "cells": [1], "metadata": {"language_info": {"name": "julia"}}}""", "written in julia")]
    [InlineData("""{"nbformat": 4, "cells": [1], "metadata": {}}""", "names no kernel")]
    [InlineData("""{"nbformat": 4, "cells": [1], "metadata": {"kernelspec": {"name": "lab-csharp"}}}""", "cell 1 is not a JSON object")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "heading"}], "metadata": {"kernelspec": {"name": "lab-csharp"}}}""", "cell_type 'heading'")]
    [InlineData("""{"nbformat": 4, "cells": [{"cell_type": "code", "source": 7}], "metadata": {"kernelspec": {"name": "lab-csharp"}}}""", "source of cell 1")]
    public void A_file_that_is_no_csharp_notebook_is_refused_with_what_is_wrong(string json, string reason)
    {
        var error = Assert.Throws<NotebookFormatException>(() => NotebookDocument.Parse(json, "bad"));
        Assert.Contains(reason, error.Message);
        Assert.StartsWith("bad", error.Message);
    }

    [Theory]
    [InlineData("""{"kernelspec": {"name": "lab-csharp"}}""")]
    [InlineData("""{"kernelspec": {"name": ".net-csharp", "language": "C#"}}""")]
    [InlineData("""{"kernelspec": {"name": "other", "language": "csharp"}}""")]
    [InlineData("""{"language_info": {"name": "C#"}}""")]
    public void Notebooks_of_every_csharp_kernel_are_read(string metadata) =>
        Assert.Single(NotebookDocument.Parse($$"""{"nbformat": 4, "cells": [{"cell_type": "code", "source": "1"}], "metadata": {{metadata}}}""", "x").Cells);

    [Fact]
    public void Saving_replaces_the_file_and_leaves_nothing_beside_it()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "a.ipynb");
        File.WriteAllText(path, "old");
        Of(Code("1")).Save(path);
        Assert.Equal("1", NotebookDocument.Load(path).Cells[0].Source);
        Assert.Equal([path], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_save_that_fails_leaves_nothing_behind()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "taken");
        Directory.CreateDirectory(path);
        Assert.ThrowsAny<SystemException>(() => Of(Code("1")).Save(path));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    private static bool IsValidUnicode(string text) => text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
