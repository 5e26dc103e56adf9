using System.Text.Json.Nodes;

namespace Lab.Extensions.Widgets;

/// <summary>How far something has come.</summary>
public sealed class ProgressBar : Widget
{
    /// <param name="max">Value of the full bar.</param>
    /// <param name="description">Beside the bar.</param>
    public ProgressBar(double max, string description = "")
        : base("FloatProgress", "ProgressView", new() { ["value"] = 0.0, ["min"] = 0.0, ["max"] = max, ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference })
    {
    }

    /// <summary>From 0 to the maximum.</summary>
    public double Value
    {
        get => (double)Get("value")!;
        set => Set("value", value);
    }
}

/// <summary>A picture that can be replaced.</summary>
public sealed class ImageView : Widget
{
    /// <param name="png">A PNG file.</param>
    public ImageView(byte[] png)
        : base("Image", "ImageView", new() { ["format"] = "png" }, ("value", png))
    {
    }

    /// <summary>Shows another PNG file.</summary>
    public void Update(byte[] png) => Set("value", png);
}

/// <summary>HTML that can be replaced.</summary>
public sealed class HtmlView : Widget
{
    /// <param name="html">Front ends take scripts out.</param>
    /// <param name="description">Beside it.</param>
    public HtmlView(string html, string description = "")
        : base("HTML", "HTMLView", new() { ["value"] = html, ["description"] = description, ["style"] = Style.Wide().Reference })
    {
    }

    /// <summary>What is shown.</summary>
    public string Value
    {
        get => (string)Get("value")!;
        set => Set("value", value);
    }
}

/// <summary>Widgets one below the other.</summary>
public sealed class VerticalBox : Widget
{
    /// <param name="children">From top to bottom.</param>
    public VerticalBox(params IReadOnlyList<Widget> children)
        : base("VBox", "VBoxView", new() { ["children"] = new JsonArray([.. children.Select(c => (JsonNode)c.Reference)]) })
    {
    }
}

/// <summary>Widgets side by side.</summary>
public sealed class HorizontalBox : Widget
{
    /// <param name="children">From left to right.</param>
    public HorizontalBox(params IReadOnlyList<Widget> children)
        : base("HBox", "HBoxView", new() { ["children"] = new JsonArray([.. children.Select(c => (JsonNode)c.Reference)]) })
    {
    }
}

/// <summary>How much room a widget takes.</summary>
internal sealed class Layout : Widget
{
    private Layout(string width)
        : base("Layout", "LayoutView", new() { ["width"] = width })
    {
    }

    /// <summary>Room for the name of a parameter and a slider that can be set finely.</summary>
    public static Layout Wide() => new("34em");
}

/// <summary>How descriptions look.</summary>
internal sealed class Style : Widget
{
    private Style(string width)
        : base("DescriptionStyle", "StyleView", new() { ["description_width"] = width })
    {
    }

    /// <summary>Room for the name of a parameter, where the default cuts it off.</summary>
    public static Style Wide() => new("11em");
}
