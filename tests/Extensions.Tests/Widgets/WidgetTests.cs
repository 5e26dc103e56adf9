using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Extensions.Tests.Magics;
using Lab.Extensions.Widgets;
using Microsoft.DotNet.Interactive.Formatting;

namespace Lab.Extensions.Tests.Widgets;

public sealed class WidgetTests
{
    private readonly FakeComms comms = new() { HasFrontEnd = true };

    public WidgetTests() => Notebook.Enter(new FakeNotebook { Comms = comms });

    public static TheoryData<string, Func<Widget>, string> Models => new()
    {
        { "IntSlider", () => new IntSlider(3, 1, 5, "k"), """{"value":3,"min":1,"max":5,"step":1,"description":"k"}""" },
        { "FloatSlider", () => new FloatSlider(0.5, 0, 2, "t"), """{"value":0.5,"min":0,"max":2,"step":0.01,"description":"t"}""" },
        { "FloatLogSlider", () => new FloatLogSlider(0.001, 0.0001, 1, "rate"), """{"value":0.001,"base":10,"min":-4,"max":0}""" },
        { "Dropdown", () => new Dropdown("b", ["a", "b"], "which"), """{"_options_labels":["a","b"],"index":1}""" },
        { "Checkbox", () => new Checkbox(true, "on"), """{"value":true}""" },
        { "Text", () => new TextBox("x", "name"), """{"value":"x","continuous_update":false}""" },
        { "IntText", () => new IntBox(7), """{"value":7}""" },
        { "FloatText", () => new FloatBox(7.5), """{"value":7.5}""" },
        { "Button", () => new Button("Go"), """{"description":"Go"}""" },
        { "FloatProgress", () => new ProgressBar(10), """{"value":0,"max":10}""" },
        { "HTML", () => new HtmlView("<b>x</b>"), """{"value":"<b>x</b>"}""" },
    };

    [Theory, MemberData(nameof(Models))]
    public void A_widget_opens_the_model_of_ipywidgets(string name, Func<Widget> create, string fields)
    {
        create();
        var comm = comms.Opened[^1];
        Assert.Equal("jupyter.widget", comm.Target);
        Assert.Equal("2.1.0", (string?)comm.Opening.Metadata["version"]);
        var state = comm.Opening.Data["state"]!;
        Assert.Equal(
            ("@jupyter-widgets/controls", "2.0.0", $"{name}Model", "@jupyter-widgets/controls", "2.0.0", $"{(name == "FloatProgress" ? "Progress" : name)}View"),
            (S("_model_module"), S("_model_module_version"), S("_model_name"), S("_view_module"), S("_view_module_version"), S("_view_name")));
        Assert.All(JsonNode.Parse(fields)!.AsObject(), field => Assert.True(JsonNode.DeepEquals(field.Value, JsonNode.Parse(state[field.Key]!.ToJsonString())), $"{field.Key}: {state[field.Key]}"));

        string S(string field) => (string)state[field]!;
    }

    [Theory]
    [InlineData(1.0, 0.1, 5, 0.01)]
    [InlineData(0.5, 0, 1, 0.01)]
    [InlineData(0.125, 0, 1, 0.001)]
    [InlineData(100, 0, 1000, 10)]
    public void The_step_of_a_slider_puts_its_value_on_the_grid(double value, double min, double max, double step)
    {
        _ = new FloatSlider(value, min, max);
        Assert.Equal(step, (double)comms.Opened[^1].Opening.Data["state"]!["step"]!, 12);
    }

    [Fact]
    public void Boxes_name_their_children()
    {
        var (a, b) = (new Checkbox(true), new Button("x"));
        _ = new VerticalBox(a, new HorizontalBox(b));
        Assert.Equal($"[\"IPY_MODEL_{b.ModelId}\"]", comms.Opened[^2].Opening.Data["state"]!["children"]!.ToJsonString());
        Assert.StartsWith($"[\"IPY_MODEL_{a.ModelId}\",", comms.Opened[^1].Opening.Data["state"]!["children"]!.ToJsonString());
    }

    [Fact]
    public void A_front_end_changes_the_value_and_all_front_ends_hear_of_it()
    {
        var slider = new IntSlider(3, 1, 5);
        var seen = new List<int>();
        slider.ValueChanged += seen.Add;
        comms.Opened[^1].Say("""{"method":"update","state":{"value":4},"buffer_paths":[]}""");
        Assert.Equal(4, slider.Value);
        Assert.Equal([4], seen);
        Assert.Equal("""{"method":"echo_update","state":{"value":4},"buffer_paths":[]}""", Assert.Single(comms.Opened[^1].Sent).Data.ToJsonString());
    }

    [Fact]
    public void Code_changes_the_value_and_the_views_follow()
    {
        var menu = new Dropdown("a", ["a", "b"]);
        var seen = new List<string>();
        menu.ValueChanged += seen.Add;
        menu.Value = "b";
        menu.Value = "b";
        Assert.Equal(["b"], seen);
        Assert.Equal("""{"method":"update","state":{"index":1},"buffer_paths":[]}""", Assert.Single(comms.Opened[^1].Sent).Data.ToJsonString());
    }

    [Theory]
    [InlineData("""{"method":"update","state":{"value":"four"}}""")]
    [InlineData("""{"method":"jump"}""")]
    [InlineData("{}")]
    public void A_message_that_is_none_is_an_error(string message)
    {
        var slider = new IntSlider(3, 1, 5);
        Assert.Throws<FormatException>(() => comms.Opened[^1].Say(message));
        Assert.Equal(3, slider.Value);
    }

    [Fact]
    public void A_page_that_opens_again_gets_all_open_models_at_once()
    {
        var slider = new IntSlider(3, 1, 5);
        var image = new ImageView([1, 2, 3]);
        var gone = new Button("gone");
        gone.Close();

        var control = new FakeComm("jupyter.widget.control", new CommMessage([]));
        comms.Targets["jupyter.widget.control"](control, control.Opening);
        control.Say("""{"method":"request_states"}""");
        var reply = Assert.Single(control.Sent);
        Assert.Equal("update_states", (string?)reply.Data["method"]);
        Assert.Equal("IntSliderModel", (string?)reply.Data["states"]![slider.ModelId]!["model_name"]);
        Assert.Equal(3, (int)reply.Data["states"]![slider.ModelId]!["state"]!["value"]!);
        Assert.Equal($"[[\"{image.ModelId}\",\"value\"]]", reply.Data["buffer_paths"]!.ToJsonString());
        Assert.Equal([1, 2, 3], Assert.Single(reply.Buffers));
        Assert.Null(reply.Data["states"]![gone.ModelId]);
    }

    [Fact]
    public void Pictures_travel_as_bytes()
    {
        var image = new ImageView([1, 2, 3]);
        var comm = comms.Opened[^1];
        Assert.Equal("""[["value"]]""", comm.Opening.Data["buffer_paths"]!.ToJsonString());
        Assert.Equal([1, 2, 3], Assert.Single(comm.Opening.Buffers));
        image.Update([4]);
        Assert.Equal([4], Assert.Single(comm.Sent[^1].Buffers));
        comm.Say("""{"method":"request_state"}""");
        Assert.Equal([4], Assert.Single(comm.Sent[^1].Buffers));
    }

    [Fact]
    public void A_button_tells_that_it_was_pressed()
    {
        var pressed = 0;
        new Button("Go").Clicked += () => pressed++;
        comms.Opened[^1].Say("""{"method":"custom","content":{"event":"click"}}""");
        Assert.Equal(1, pressed);
    }

    [Fact]
    public void A_widget_is_shown_by_its_model_and_as_text()
    {
        var slider = new IntSlider(3, 1, 5);
        Assert.Equal(["application/vnd.jupyter.widget-view+json", "text/plain"], Shown.MimeTypes(slider));
        Assert.Equal($$"""{"model_id":"{{slider.ModelId}}","version_major":2,"version_minor":0}""", slider.ToDisplayString("application/vnd.jupyter.widget-view+json"));
        Assert.Equal("IntSlider: 3", Shown.Text(slider));
    }

    [Fact]
    public void Values_outside_the_range_and_unknown_choices_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new IntSlider(9, 1, 5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatSlider(1, 0, 2, step: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FloatLogSlider(1, 0, 2));
        Assert.Throws<ArgumentException>(() => new Dropdown("c", ["a", "b"]));
    }
}
