using System.Globalization;
using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Syntax;

namespace Lab.Extensions.Widgets;

/// <summary>The parameters of a notebook as widgets that set the C# variables and then have the views that follow them computed anew.</summary>
internal sealed class ParameterPanel
{
    private const double LogFrom = 1000; // a range over three orders of magnitude or more is chosen by magnitude

    private readonly WidgetSession session;
    private readonly List<(ParameterDeclaration Parameter, Control Control)> controls = [];
    private readonly List<Widget> widgets = [];
    private bool refreshing;

    public ParameterPanel(IReadOnlyList<ParameterDeclaration> parameters, INotebookContext notebook)
    {
        session = WidgetSession.Of(notebook.Comms);
        session.StopViews();
        Box = Keep(new VerticalBox([.. parameters.Select(p => Row(p, notebook))]));
    }

    public Widget Box { get; }

    /// <summary>Shows the values that code has given the variables meanwhile.</summary>
    public void Refresh(INotebookContext notebook)
    {
        refreshing = true;
        foreach (var (parameter, control) in controls)
            if (Variable(notebook, parameter)?.Value is { } value && IsWithin(parameter, value)) control.Boxed = control is Dropdown ? Text(value) : value;
        refreshing = false;
    }

    public void Close()
    {
        foreach (var widget in widgets) widget.Close();
    }

    private Widget Row(ParameterDeclaration parameter, INotebookContext notebook)
    {
        var variable = Variable(notebook, parameter);
        var about = parameter.Range is { } range ? $"{range.Text}: {parameter.Meaning}" : parameter.Meaning;
        if (variable?.Value is not { } value || !IsWithin(parameter, value) || Create(parameter, value) is not { } control)
            return Keep(new HtmlView($"{Markup.Escape(Text(variable?.Value))} <i>(set in code)</i> {Markup.Escape(about)}", parameter.Name));

        control.Touched += () => Apply(notebook, variable, control);
        controls.Add((parameter, control));
        return Keep(new HorizontalBox([Keep(control), Keep(new HtmlView($"<span style=\"opacity:.7\">{Markup.Escape(about)}</span>"))]));
    }

    private void Apply(INotebookContext notebook, NotebookVariable variable, Control control)
    {
        if (refreshing) return;
        notebook.Assign(variable.Name, Convert.ChangeType(control.Boxed, Nullable.GetUnderlyingType(variable.Type) ?? variable.Type, CultureInfo.InvariantCulture));
        session.Refresh();
    }

    private static Control? Create(ParameterDeclaration parameter, object value) => (value, parameter.Range) switch
    {
        _ when parameter.Choices.Count > 0 => new Dropdown(Text(value), parameter.Choices, parameter.Name),
        (bool truth, _) => new Checkbox(truth, parameter.Name),
        (string text, _) => new TextBox(text, parameter.Name),
        (int or short or byte, { } range) => new IntSlider(Convert.ToInt32(value), (int)range.Minimum, (int)range.Maximum, parameter.Name),
        (int or short or byte, null) => new IntBox(Convert.ToInt32(value), parameter.Name),
        (double or float or decimal, { Minimum: > 0 } range) when range.Maximum / range.Minimum >= LogFrom =>
            new FloatLogSlider(Number(value), range.Minimum, range.Maximum, parameter.Name),
        (double or float or decimal, { } range) => new FloatSlider(Number(value), range.Minimum, range.Maximum, parameter.Name),
        (double or float or decimal, null) => new FloatBox(Number(value), parameter.Name),
        _ => null,
    };

    private static bool IsWithin(ParameterDeclaration parameter, object value) =>
        parameter.Choices.Count > 0 ? parameter.Choices.Contains(Text(value)) : parameter.Range is null || (value is IConvertible and not string and not bool && parameter.Range.Contains(Number(value)));

    private T Keep<T>(T widget)
        where T : Widget
    {
        widgets.Add(widget);
        return widget;
    }

    private static NotebookVariable? Variable(INotebookContext notebook, ParameterDeclaration parameter) =>
        notebook.Variables.FirstOrDefault(v => v.Name == parameter.Name);

    private static double Number(object value) => Convert.ToDouble(value, CultureInfo.InvariantCulture);

    private static string Text(object? value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
