using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Abstractions;
using Lab.Kernel.Session;
using Lab.Syntax;
using Microsoft.DotNet.Interactive.Formatting;

namespace Lab.Kernel.Migration;

/// <summary>Magics about the session, as .NET Interactive has them.</summary>
internal static class SessionMagics
{
    public static IReadOnlyList<MagicCommand> All { get; } =
    [
        new("csharp", "#!csharp", "The rest of the cell is C#, which it is anyway.", _ => Task.CompletedTask),
        new("cs", "#!cs", "The rest of the cell is C#, which it is anyway.", _ => Task.CompletedTask),
        new("about", "#!about", "Shows what this kernel is and runs on.", About),
        new("reset", "#!reset", "Forgets all variables and declarations, so that their memory is free. References stay.", Reset),
        new("who", "#!who", "Lists the names of the variables.", Who),
        new("whos", "#!whos", "Lists the variables with their types and values.", Whos),
    ];

    private static Task About(MagicInvocation magic)
    {
        NoArguments(magic, "about");
        var version = typeof(SessionMagics).Assembly.GetName().Version!.ToString(3);
        Console.WriteLine($"Lab's C# kernel {version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription} ({RuntimeInformation.ProcessArchitecture}), {Environment.ProcessorCount} cores");
        return Task.CompletedTask;
    }

    private static Task Reset(MagicInvocation magic)
    {
        NoArguments(magic, "reset");
        ((CellContext)magic.Context).Session.Reset();
        return Task.CompletedTask;
    }

    private static Task Who(MagicInvocation magic)
    {
        NoArguments(magic, "who");
        var names = magic.Context.Variables.Select(v => v.Name).ToList();
        Console.WriteLine(names.Count == 0 ? "No variables." : string.Join(", ", names));
        return Task.CompletedTask;
    }

    private static Task Whos(MagicInvocation magic)
    {
        NoArguments(magic, "whos");
        (string Name, string Type, string Value)[] rows = [.. magic.Context.Variables.Select(v => (v.Name, TypeName(v.Type), Line(v.Value)))];
        var html = new StringBuilder("<table><thead><tr><th>name</th><th>type</th><th>value</th></tr></thead><tbody>");
        foreach (var (name, type, value) in rows)
            html.Append($"<tr><td>{CSharpMarkup.Encode(name)}</td><td>{CSharpMarkup.Encode(type)}</td><td>{CSharpMarkup.Encode(value)}</td></tr>\n");
        var data = new JsonObject
        {
            ["text/html"] = html.Append("</tbody></table>").ToString(),
            ["text/plain"] = rows.Length == 0 ? "No variables." : string.Join('\n', rows.Select(r => $"{r.Type} {r.Name} = {r.Value}")),
        };
        ((CellContext)magic.Context).Sink.Write(new DisplayOutput(data, null));
        return Task.CompletedTask;
    }

    private static string TypeName(Type type)
    {
        if (type.IsArray) return $"{TypeName(type.GetElementType()!)}[]";
        if (!type.IsGenericType) return type.Name;
        return $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>";
    }

    private static string Line(object? value)
    {
        const int longest = 80;
        var text = value.ToDisplayString("text/plain").ReplaceLineEndings(" ");
        return text.Length <= longest ? text : text[..(longest - 1)] + "…";
    }

    private static void NoArguments(MagicInvocation magic, string name)
    {
        if (magic.Arguments.Length > 0) throw new MagicException($"#!{name} takes no arguments, got '{magic.Arguments}'.");
    }
}
