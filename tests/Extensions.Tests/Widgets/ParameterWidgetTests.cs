using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Extensions.Tests.Magics;
using Lab.Extensions.Widgets;

namespace Lab.Extensions.Tests.Widgets;

/// <summary><c>#!params</c> with a front end, and outputs that follow the parameters.</summary>
public sealed class ParameterWidgetTests
{
    private const string Cell = """
        #!params
        int k = 3; // 1..5: neighbours
        double rate = 0.01; // 0.0001..1: learning rate
        double keep = 0.5; // 0..1: kept
        string mode = "a"; // a | b: mode
        bool on = true; // switch
        int seed = 7; // seed
        int? size = null; // in code only
        """;

    private readonly FakeComms comms = new() { HasFrontEnd = true };
    private readonly FakeNotebook notebook;
    private readonly LabExtension extension = new();

    public ParameterWidgetTests()
    {
        notebook = new FakeNotebook { Comms = comms };
        Notebook.Enter(notebook);
    }

    [Fact]
    public async Task Every_parameter_becomes_the_control_that_fits_it()
    {
        await DeclareAsync();
        Assert.Equal(
            ["IntSliderModel", "FloatLogSliderModel", "FloatSliderModel", "DropdownModel", "CheckboxModel", "IntTextModel"],
            comms.Opened.Select(c => (string)c.Opening.Data["state"]!["_model_name"]!).Where(m => m is not ("DescriptionStyleModel" or "LayoutModel" or "HTMLModel" or "HBoxModel" or "VBoxModel")));
        var shown = Assert.IsType<ParameterWidgets>(Assert.Single(notebook.Displays));
        Assert.Equal(["application/vnd.jupyter.widget-view+json", "text/html", "text/plain"], Shown.MimeTypes(shown));
        Assert.Contains("neighbours", Shown.Text(shown));
    }

    [Fact]
    public async Task Without_a_front_end_the_table_is_shown_and_no_widget_made()
    {
        var headless = new FakeNotebook();
        Declare(headless);
        await headless.RunAsync(extension, Cell);
        Assert.IsType<ParameterTable>(Assert.Single(headless.Displays));
        Assert.Empty(((FakeComms)headless.Comms).Opened);
    }

    [Fact]
    public async Task Turning_a_control_sets_the_variable_in_its_own_type()
    {
        await DeclareAsync();
        Turn("IntSliderModel", "value", 5);
        Turn("FloatLogSliderModel", "value", 0.1);
        Turn("DropdownModel", "index", 1);
        Turn("CheckboxModel", "value", false);
        Assert.Equal([5, 0.1, 0.5, "b", false, 7, null], notebook.Variables.Select(v => v.Value));
    }

    [Fact]
    public async Task Shown_again_the_controls_have_the_values_that_code_has_set()
    {
        await DeclareAsync();
        notebook.Set("k", 2);
        notebook.Set("mode", "b");
        await notebook.RunAsync(extension, "#!params");
        Assert.Equal(2, (int)Comm("IntSliderModel").Sent[^1].Data["state"]!["value"]!);
        Assert.Equal(1, (int)Comm("DropdownModel").Sent[^1].Data["state"]!["index"]!);
    }

    [Fact]
    public async Task A_view_follows_the_parameters_and_a_burst_gives_one_run()
    {
        await DeclareAsync();
        var runs = 0;
        Live.Show(() => $"k = {notebook.Variables.Single(v => v.Name == "k").Value}, run {++runs}");
        Assert.Equal("k = 3, run 1", notebook.Displays[^1]);

        for (var k = 1; k <= 5; k++) Turn("IntSliderModel", "value", k);
        await UntilAsync(() => notebook.Updates.Count > 0);
        Assert.Equal("k = 5, run 2", Assert.Single(notebook.Updates));
    }

    [Fact]
    public async Task A_newer_run_cancels_the_one_before()
    {
        await DeclareAsync();
        var begun = new SemaphoreSlim(0);
        var cancelled = 0;
        await Live.ShowAsync(async cancellation =>
        {
            var k = (int)notebook.Variables.Single(v => v.Name == "k").Value!;
            if (k != 1) return k;
            begun.Release();
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            catch (OperationCanceledException)
            {
                cancelled++;
                throw;
            }

            return k;
        });
        Turn("IntSliderModel", "value", 1);
        await begun.WaitAsync(TimeSpan.FromSeconds(30));
        Turn("IntSliderModel", "value", 2);
        await UntilAsync(() => notebook.Updates.Count > 0);
        Assert.Equal((1, 2), (cancelled, Assert.Single(notebook.Updates)));
    }

    [Fact]
    public async Task What_the_computation_throws_is_shown_where_its_result_would_stand()
    {
        await DeclareAsync();
        Live.Show(() => (int)notebook.Variables.Single(v => v.Name == "k").Value! == 3 ? "fine" : throw new InvalidOperationException("no data"));
        Turn("IntSliderModel", "value", 1);
        await UntilAsync(() => notebook.Updates.Count > 0);
        Assert.Equal("InvalidOperationException: no data", Shown.Text(notebook.Updates[0]));
    }

    [Fact]
    public async Task Running_a_cell_again_replaces_its_view_and_declaring_anew_ends_all()
    {
        await DeclareAsync();
        for (var i = 0; i < 2; i++) Live.Show(() => "same code");
        Turn("IntSliderModel", "value", 1);
        await UntilAsync(() => notebook.Updates.Count > 0);
        Assert.Single(notebook.Updates);

        var old = Comm("IntSliderModel");
        await DeclareAsync();
        Assert.False(old.IsOpen);
        Turn("IntSliderModel", "value", 2);
        await Task.Delay(500);
        Assert.Single(notebook.Updates);
    }

    [Fact]
    public async Task A_cell_that_was_edited_and_run_again_leaves_no_view_of_its_earlier_code()
    {
        await DeclareAsync();
        var computed = new ConcurrentBag<string>();
        InCell("a", () => Live.Show(() => { computed.Add("old"); return "old"; }));
        InCell("b", () => Live.Show(() => { computed.Add("other cell"); return "other cell"; }));
        InCell("a", () =>
        {
            Live.Show(() => { computed.Add("new"); return "new"; });
            Live.Show(() => { computed.Add("second"); return "second"; });
        });
        computed.Clear();
        Turn("IntSliderModel", "value", 1);
        await UntilAsync(() => computed.Distinct().Count() == 3);
        Assert.Equal(["new", "other cell", "second"], computed.Order());
    }

    private void InCell(string id, Action code)
    {
        Notebook.Enter(new FakeNotebook { Comms = comms, CellId = id });
        code();
        Notebook.Enter(notebook);
    }

    private Task DeclareAsync()
    {
        Declare(notebook);
        return notebook.RunAsync(extension, Cell);
    }

    private static void Declare(FakeNotebook notebook)
    {
        notebook.Set("k", 3);
        notebook.Set("rate", 0.01);
        notebook.Set("keep", 0.5);
        notebook.Set("mode", "a");
        notebook.Set("on", true);
        notebook.Set("seed", 7);
        notebook.Set("size", null, typeof(int?));
    }

    private FakeComm Comm(string model) => comms.Opened.Last(c => (string?)c.Opening.Data["state"]!["_model_name"] == model);

    private void Turn(string model, string field, JsonNode value) =>
        Comm(model).Say(new JsonObject { ["method"] = "update", ["state"] = new JsonObject { [field] = value } }.ToJsonString());

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 3000 && !condition(); i++) await Task.Delay(10);
        Assert.True(condition(), "It did not happen within 30 s.");
        await Task.Delay(300); // a second run would come by now
    }
}
