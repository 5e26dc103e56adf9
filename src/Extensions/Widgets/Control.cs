using System.Text.Json.Nodes;

namespace Lab.Extensions.Widgets;

/// <summary>A widget with a value that the user changes.</summary>
public abstract class Control : Widget
{
    /// <param name="name">Of the model.</param>
    /// <param name="state">Its fields.</param>
    private protected Control(string name, JsonObject state)
        : base(name, $"{name}View", state)
    {
    }

    /// <summary>The value has changed, by the user or by code. Handlers return soon.</summary>
    internal event Action? Touched;

    /// <summary>Whatever the type.</summary>
    internal abstract object Boxed { get; set; }

    private protected void Touch() => Touched?.Invoke();
}

/// <summary>A widget with a value of one type.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
public abstract class Control<T> : Control
    where T : notnull
{
    private readonly string valueField;

    /// <param name="name">Of the model.</param>
    /// <param name="state">Its fields.</param>
    /// <param name="valueField">The one that holds the value.</param>
    private protected Control(string name, JsonObject state, string valueField = "value")
        : base(name, state) => this.valueField = valueField;

    /// <summary>The value has changed, by the user or by code. Handlers run one at a time and return soon; long work belongs in <see cref="Live"/>.</summary>
    public event Action<T>? ValueChanged;

    /// <summary>What the views show.</summary>
    public T Value
    {
        get => Read(Get(valueField));
        set
        {
            if (value.Equals(Value)) return;
            Set(valueField, Write(value));
            Tell();
        }
    }

    internal override object Boxed
    {
        get => Value;
        set => Value = (T)Convert.ChangeType(value, typeof(T), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <exception cref="FormatException">A front end sent what is no such value.</exception>
    private protected virtual T Read(JsonNode? value) => value is JsonValue json && json.TryGetValue<T>(out var read)
        ? read
        : throw new FormatException($"A front end gave {GetType().Name} the value {value?.ToJsonString() ?? "null"}; expected {typeof(T).Name}.");

    private protected virtual JsonNode? Write(T value) => JsonValue.Create(value);

    private protected override void Check(string changed, JsonNode? value)
    {
        if (changed == valueField) Read(value);
    }

    private protected override void Changed(string changed, JsonNode? value)
    {
        if (changed == valueField) Tell();
    }

    private void Tell()
    {
        ValueChanged?.Invoke(Value);
        Touch();
    }
}
