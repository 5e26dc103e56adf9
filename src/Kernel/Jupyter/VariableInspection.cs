using System.Collections;
using System.Reflection;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Session;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// Answers the requests of the debug adapter protocol that variable panes send, which need no debugger: the variables,
/// their parts, and their rich forms. All others are refused; the kernel announces no debugger.
/// </summary>
internal sealed class VariableInspection
{
    private const int mostParts = 500, longestValue = 200;

    private readonly Lock turn = new();
    private readonly List<object> parents = []; // a reference is an index here, from 1; a new list of variables begins anew

    public JsonObject Answer(CSharpSession session, JsonObject request)
    {
        var command = request.Text("command");
        var response = new JsonObject { ["type"] = "response", ["request_seq"] = request.Number("seq", 0), ["command"] = command, ["success"] = true };
        var arguments = request.Object("arguments");
        lock (turn)
        {
            var body = command switch
            {
                "debugInfo" => Info(),
                "inspectVariables" => Variables(session.Variables),
                "variables" => Parts(arguments.Number("variablesReference", 0)),
                "richInspectVariables" => Rich(session.Variables, arguments.Text("variableName")),
                _ => null,
            };
            if (body is not null) response["body"] = body;
            else (response["success"], response["message"]) = (false, $"This kernel answers no {command}: it lists variables, but has no debugger.");
        }

        return response;
    }

    private static JsonObject Info() => new()
    {
        ["isStarted"] = false,
        ["hashMethod"] = "",
        ["hashSeed"] = 0,
        ["tmpFilePrefix"] = "",
        ["tmpFileSuffix"] = "",
        ["breakpoints"] = new JsonArray(),
        ["stoppedThreads"] = new JsonArray(),
        ["richRendering"] = true,
        ["exceptionPaths"] = new JsonArray(),
    };

    private JsonObject Variables(IEnumerable<NotebookVariable> variables)
    {
        parents.Clear();
        return List(variables.Select(variable => (variable.Name, variable.Type, variable.Value)));
    }

    private JsonObject? Parts(int reference) => reference < 1 || reference > parents.Count ? List([]) : List(PartsOf(parents[reference - 1]).Take(mostParts));

    private static JsonObject? Rich(IEnumerable<NotebookVariable> variables, string name) =>
        variables.FirstOrDefault(variable => variable.Name == name) is { } variable
            ? new() { ["data"] = MimeBundle.Of(variable.Value), ["metadata"] = new JsonObject() }
            : new() { ["data"] = new JsonObject(), ["metadata"] = new JsonObject() };

    private JsonObject List(IEnumerable<(string Name, Type Type, object? Value)> variables) => new()
    {
        ["variables"] = new JsonArray([.. variables.Select(variable => new JsonObject
        {
            ["name"] = variable.Name,
            ["evaluateName"] = variable.Name,
            ["type"] = TypeName(variable.Type),
            ["value"] = Text(variable.Value),
            ["variablesReference"] = Reference(variable.Value),
        })]),
    };

    private int Reference(object? value)
    {
        if (value is null or string or Pointer || value.GetType() is { IsPrimitive: true } or { IsEnum: true } or { Namespace: "System", IsValueType: true }) return 0;
        parents.Add(value);
        return parents.Count;
    }

    private static IEnumerable<(string Name, Type Type, object? Value)> PartsOf(object value) => value switch
    {
        IDictionary map => map.Keys.Cast<object>().Select(key => ($"[{Text(key)}]", map[key]?.GetType() ?? typeof(object), map[key])),
        ICollection items => items.Cast<object?>().Select((item, i) => ($"[{i}]", item?.GetType() ?? typeof(object), item)),
        _ => value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanRead && p.GetIndexParameters().Length == 0)
            .Select(p => (p.Name, p.PropertyType, Guarded(() => p.GetValue(value))))
            .Concat(value.GetType().GetFields(BindingFlags.Public | BindingFlags.Instance).Select(f => (f.Name, f.FieldType, f.GetValue(value)))),
    };

    private static string Text(object? value)
    {
        var text = value switch
        {
            null => "null",
            string s => $"\"{s}\"",
            ICollection items => $"{TypeName(value.GetType())}, {items.Count} items",
            IFormattable number => number.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
            _ => Guarded(value.ToString) as string ?? "",
        };
        return text.Length <= longestValue ? text : text[..longestValue] + "…";
    }

    // A pane shows what it can; that a property throws is what it shows of that property.
    private static object? Guarded(Func<object?> read)
    {
        try
        {
            return read();
        }
        catch (Exception e)
        {
            return $"{e.GetBaseException().GetType().Name}: {e.GetBaseException().Message}";
        }
    }

    private static string TypeName(Type type) =>
        type.IsGenericType ? $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>" : type.Name;
}
