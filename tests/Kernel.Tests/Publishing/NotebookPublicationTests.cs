using System.Text;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Publishing;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Publishing;

public class NotebookPublicationTests
{
    private const string Type = "application/vnd.test+json";

    [Fact]
    public async Task A_browser_draws_every_output_that_has_a_drawing_script()
    {
        var notebook = Of(Run("a", Output("#ff0000")), Run("b", Output("#00ff00"), Output("#0000ff")));
        var published = await NotebookPublication.PublishAsync(notebook, [Script(Draw)], Browser);

        Assert.Equal(new Publication(3, 0, null), published);
        var outputs = notebook.Cells.SelectMany(c => c.Outputs).ToList();
        Assert.Equal(3, outputs.Select(o => (string)o!["data"]!["image/png"]!).Distinct().Count());
        Assert.All(outputs, o =>
        {
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], Convert.FromBase64String((string)o!["data"]!["image/png"]!)[..4]);
            Assert.Equal("""{"width":7,"height":5}""", o["metadata"]!["image/png"]!.ToJsonString());
        });
    }

    [Fact]
    public async Task The_picture_stands_in_the_html_for_hosts_that_take_scripts_out()
    {
        var notebook = Of(Run("a", Output("#ff0000")));
        await NotebookPublication.PublishAsync(notebook, [Script(Draw)], Browser);
        Assert.Matches("^<div id=\"x-1-1\"><img src=\"data:image/webp;base64,[^\"]+\" width=\"7\" height=\"5\" alt=\"a &lt;dot&gt;\"></div>", Html(notebook.Cells[0]));
    }

    [Fact]
    public async Task Publishing_again_changes_nothing()
    {
        var notebook = Of(Run("a", Output("#ff0000")));
        await NotebookPublication.PublishAsync(notebook, [Script(Draw)], Browser);
        var once = notebook.ToBytes();
        Assert.Equal(0, (await NotebookPublication.PublishAsync(notebook, [Script(Draw)], Browser)).Pictures);
        Assert.Equal(once, notebook.ToBytes());
    }

    [Fact]
    public async Task A_text_in_an_output_cannot_end_the_page_that_draws_it()
    {
        var notebook = Of(Run("a", Output("#ff0000</script><script>document.documentElement.remove()</script><!--")));
        Assert.Equal(1, (await NotebookPublication.PublishAsync(notebook, [Script(Draw)], Browser)).Pictures);
    }

    [Fact]
    public async Task A_script_that_fails_is_told_with_its_message()
    {
        var e = await Assert.ThrowsAsync<PublicationException>(() =>
            NotebookPublication.PublishAsync(Of(Run("a", Output("red"))), [Script("() => { throw new Error('no ink'); }")], Browser));
        Assert.Equal($"An output of type {Type} cannot be drawn: no ink", e.Message);
    }

    [Fact]
    public async Task A_program_that_is_no_browser_is_told()
    {
        var e = await Assert.ThrowsAsync<PublicationException>(() =>
            NotebookPublication.PublishAsync(Of(Run("a", Output("red"))), [Script(Draw)], new Chromium("/no/such/browser")));
        Assert.Contains("/no/such/browser could not be started", e.Message);
    }

    [Fact]
    public async Task Without_a_browser_the_outputs_without_picture_are_counted()
    {
        var notebook = Of(Run("a", Output("#ff0000")), Run("b"));
        Assert.Equal(new Publication(0, 1, null), await NotebookPublication.PublishAsync(notebook, [Script(Draw)], browser: null));
        Assert.Null(notebook.Cells[0].Outputs[0]!["data"]!["image/png"]);
    }

    [Fact]
    public async Task Times_editor_state_and_random_ids_go_and_what_was_run_stays()
    {
        var notebook = Of(Run("a", Output("#ff0000"), Output("#00ff00")));
        notebook.Metadata["lab"] = new JsonObject { ["seconds"] = 1 };
        notebook.Metadata["papermill"] = new JsonObject();
        notebook.Cells[0].Metadata["execution"] = new JsonObject();
        notebook.Cells[0].Metadata["jupyter"] = new JsonObject { ["source_hidden"] = true };
        await NotebookPublication.PublishAsync(notebook, [], browser: null);

        Assert.Equal(["kernelspec", "lab"], notebook.Metadata.Select(m => m.Key));
        Assert.Equal(["tags", "jupyter"], notebook.Cells[0].Metadata.Select(m => m.Key));
        Assert.Equal("""<div id="x-1-2"><!--picture--></div><script>draw('x-1-2')</script>""", Html(notebook.Cells[0], 1));
    }

    [Fact]
    public async Task The_cell_that_set_parameters_is_taken_out_and_told()
    {
        var notebook = Of(Run("int n = 1;"), Run("// Parameters\nn = 2;"));
        notebook.Cells[1].Metadata["tags"] = new JsonArray("injected-parameters");
        Assert.Equal("// Parameters\nn = 2;", (await NotebookPublication.PublishAsync(notebook, [], browser: null)).Removed);
        Assert.Equal("int n = 1;", Assert.Single(notebook.Cells).Source);
    }

    [Fact]
    public async Task A_cell_that_has_not_run_or_has_failed_is_refused()
    {
        Assert.Contains("code cell 2 (late)", await RefusalAsync(Of(Run("a"), Code("late"))));
        var error = new JsonObject { ["output_type"] = "error", ["ename"] = "Boom", ["evalue"] = "it broke", ["traceback"] = new JsonArray() };
        Assert.Contains("code cell 1 (a) failed with Boom: it broke", await RefusalAsync(Of(Run("a", error))));
    }

    [Fact]
    public async Task Cells_that_need_not_run_or_may_fail_are_fine()
    {
        var failed = Run("b", new JsonObject { ["output_type"] = "error", ["ename"] = "Boom", ["evalue"] = "", ["traceback"] = new JsonArray() });
        failed["metadata"]!["tags"] = new JsonArray("raises-exception");
        await NotebookPublication.PublishAsync(Of(Code("a", "skip-execution"), failed, Code(" ")), [], browser: null);
    }

    [Fact]
    public async Task A_notebook_that_would_be_too_large_is_refused_with_its_largest_cells()
    {
        var large = new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = new string('x', NotebookPublication.MaxBytes) };
        Assert.Contains("The largest are cell 2 (much;", await RefusalAsync(Of(Run("a"), Run("much", large))));
    }

    private static Chromium Browser => Chromium.Find() ?? throw new InvalidOperationException("These tests need a Chromium on the search path.");

    private const string Draw = """
        async function (data, format) {
          const canvas = document.createElement('canvas');
          canvas.width = 7; canvas.height = 5;
          const context = canvas.getContext('2d');
          context.fillStyle = data.color.slice(0, 7); context.fillRect(0, 0, 7, 5);
          await new Promise(done => setTimeout(done, 100));
          return { url: canvas.toDataURL('image/' + format), width: 7, height: 5 };
        }
        """;

    private static ScriptResource Script(string draw) => new("test.js", Type, () => new MemoryStream(Encoding.UTF8.GetBytes("// </script>"))) { Draw = draw };

    private static async Task<string> RefusalAsync(NotebookDocument notebook) =>
        (await Assert.ThrowsAsync<PublicationException>(() => NotebookPublication.PublishAsync(notebook, [], browser: null))).Message;

    private static JsonObject Run(string source, params JsonObject[] outputs)
    {
        var cell = Code(source);
        cell["execution_count"] = 1;
        cell["outputs"] = new JsonArray([.. outputs]);
        return cell;
    }

    private static JsonObject Output(string color)
    {
        var id = $"x-{Guid.NewGuid():N}";
        return new JsonObject
        {
            ["output_type"] = "display_data",
            ["metadata"] = new JsonObject(),
            ["data"] = new JsonObject
            {
                [Type] = new JsonObject { ["color"] = color },
                ["text/html"] = $"<div id=\"{id}\">{ScriptResource.PicturePlace}</div><script>draw('{id}')</script>",
                ["text/plain"] = "a <dot>",
            },
        };
    }

    private static string Html(NotebookCell cell, int output = 0) => (string)cell.Outputs[output]!["data"]!["text/html"]!;
}
