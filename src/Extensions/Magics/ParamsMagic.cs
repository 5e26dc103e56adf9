using System.Globalization;
using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Extensions.Widgets;
using Lab.Syntax;

namespace Lab.Extensions.Magics;

/// <summary>
/// <c>#!params</c>: the notebook's parameters as a table. On the first line of the parameters cell it reads their
/// declarations; alone in a later cell it shows them again with their present values. Front ends get widgets that set them.
/// </summary>
internal sealed class ParamsMagic
{
    private readonly SessionRun session;
    private ParameterPanel? panel;

    /// <param name="session">Remembers what was declared.</param>
    public ParamsMagic(SessionRun session) =>
        (this.session, Command) = (session, new("params", "#!params", "Shows the parameters, their values, ranges and meaning.", RunAsync));

    public MagicCommand Command { get; }

    private async Task RunAsync(MagicInvocation invocation)
    {
        MagicUsage.NoArguments(invocation, Command);
        var here = Declarations.Parse(invocation.Code);
        if (here.Count > 0) session.Parameters = here;
        else if (session.Parameters.Count == 0)
            throw new MagicException("No parameters are declared. Write #!params on the first line of the cell that declares them, e.g. above 'int epochs = 6; // 1..50: passes over the data'.");

        await invocation.ContinueAsync();
        var table = Table(invocation.Context, atDeclaration: here.Count > 0);
        invocation.Context.Display(Panel(invocation.Context, isDeclaration: here.Count > 0) is { } widgets ? new ParameterWidgets(widgets, table) : new ParameterTable(table));
    }

    private Widget? Panel(INotebookContext notebook, bool isDeclaration)
    {
        if (!notebook.Comms.HasFrontEnd) return null;
        if (isDeclaration || panel is null)
        {
            panel?.Close();
            panel = new ParameterPanel(session.Parameters, notebook);
        }
        else
        {
            panel.Refresh(notebook);
        }

        return panel.Box;
    }

    private Table Table(INotebookContext notebook, bool atDeclaration) => new(
        [new("parameter"), new("value"), new("default"), new("type"), new("range"), new("meaning")],
        [.. session.Parameters.Select(parameter => new Cell[]
        {
            parameter.Name, Value(parameter, notebook, atDeclaration), parameter.Initializer ?? "", parameter.Type,
            parameter.Range?.Text ?? string.Join(" | ", parameter.Choices), parameter.Meaning,
        })]);

    // The cell that sets values from outside runs after the declaring one: there, its text is the value to come.
    private static Cell Value(ParameterDeclaration parameter, INotebookContext notebook, bool atDeclaration)
    {
        var injected = notebook.InjectedParameters.TryGetValue(parameter.Name, out var text);
        if (injected && atDeclaration) return new($"{text} (set from outside)", "accent");

        var variable = notebook.Variables.FirstOrDefault(v => v.Name == parameter.Name);
        if (variable is null) return new("not set", "odd");
        var value = Literal(variable.Value);
        if (IsOutside(parameter, variable.Value)) return new($"{value} (outside its range)", "bad");
        return injected ? new Cell($"{value} (set from outside)", "accent") : value;
    }

    private static bool IsOutside(ParameterDeclaration parameter, object? value) => value switch
    {
        null => false,
        string text => parameter.Choices.Count > 0 && !parameter.Choices.Contains(text),
        IConvertible number and not bool => parameter.Range?.Contains(number.ToDouble(CultureInfo.InvariantCulture)) == false,
        _ => false,
    };

    private static string Literal(object? value) => value switch
    {
        null => "null",
        bool truth => truth ? "true" : "false",
        string text => $"\"{text}\"",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
