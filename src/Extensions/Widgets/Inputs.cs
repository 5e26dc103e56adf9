using System.Text.Json.Nodes;

namespace Lab.Extensions.Widgets;

/// <summary>One of several choices.</summary>
public sealed class Dropdown : Control<string>
{
    private readonly string[] options;

    /// <param name="value">Chosen at first.</param>
    /// <param name="options">At least one.</param>
    /// <param name="description">Beside the menu.</param>
    /// <exception cref="ArgumentException">The value is none of the options.</exception>
    public Dropdown(string value, IEnumerable<string> options, string description = "")
        : this(value, [.. options], description)
    {
    }

    private Dropdown(string value, string[] options, string description)
        : base("Dropdown", new()
        {
            ["_options_labels"] = new JsonArray([.. options.Select(o => (JsonNode)o)]), ["index"] = Index(options, value), ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference,
        }, "index") => this.options = options;

    private protected override string Read(JsonNode? value) => value is JsonValue json && json.TryGetValue<int>(out var index) && index >= 0 && index < options.Length
        ? options[index]
        : throw new FormatException($"A front end chose option {value?.ToJsonString() ?? "null"} of {options.Length}.");

    private protected override JsonNode? Write(string value) => Index(options, value);

    private static int Index(string[] options, string value) => Array.IndexOf(options, value) is >= 0 and var index
        ? index
        : throw new ArgumentException($"'{value}' is none of the options {string.Join(", ", options)}.", nameof(value));
}

/// <summary>Yes or no.</summary>
public sealed class Checkbox : Control<bool>
{
    /// <param name="value">At first.</param>
    /// <param name="description">Beside the box.</param>
    public Checkbox(bool value, string description = "")
        : base("Checkbox", new() { ["value"] = value, ["description"] = description, ["indent"] = true, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference })
    {
    }
}

/// <summary>A line of text; the value changes when the user leaves the field or presses Enter.</summary>
public sealed class TextBox : Control<string>
{
    /// <param name="value">At first.</param>
    /// <param name="description">Beside the field.</param>
    public TextBox(string value, string description = "")
        : base("Text", new() { ["value"] = value, ["continuous_update"] = false, ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference })
    {
    }
}

/// <summary>Any whole number.</summary>
public sealed class IntBox : Control<int>
{
    /// <param name="value">At first.</param>
    /// <param name="description">Beside the field.</param>
    public IntBox(int value, string description = "")
        : base("IntText", new() { ["value"] = value, ["step"] = 1, ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference })
    {
    }
}

/// <summary>Any number.</summary>
public sealed class FloatBox : Control<double>
{
    /// <param name="value">At first.</param>
    /// <param name="description">Beside the field.</param>
    public FloatBox(double value, string description = "")
        : base("FloatText", new() { ["value"] = value, ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference })
    {
    }
}

/// <summary>Starts something.</summary>
public sealed class Button : Widget
{
    /// <param name="description">On the button.</param>
    public Button(string description)
        : base("Button", "ButtonView", new() { ["description"] = description })
    {
    }

    /// <summary>The user has pressed it. Handlers run one at a time and return soon.</summary>
    public event Action? Clicked;

    private protected override void Receive(JsonObject content)
    {
        if ((string?)content["event"] == "click") Clicked?.Invoke();
    }
}
