using Lab.Abstractions;
using Lab.Kernel.Language;

namespace Lab.Kernel.Session;

/// <summary>The magic commands of a session: the kernel's own and those of its extensions.</summary>
internal sealed class Magics
{
    private static readonly string[] contents = ["markdown", "html"]; // below these stands no code
    private static readonly string[] otherLanguages = ["fsharp", "f#", "pwsh", "powershell", "javascript", "js", "sql", "kql", "python", "r"];
    private readonly Dictionary<string, MagicCommand> commands = new(StringComparer.OrdinalIgnoreCase);

    public Magics(IEnumerable<MagicCommand> fromExtensions)
    {
        foreach (var command in Own().Concat(fromExtensions)) commands[command.Name] = command;
    }

    public async Task RunAsync(CellPart.Magic magic, CellContext context)
    {
        if (!commands.TryGetValue(magic.Name, out var command)) throw Unknown(magic.Name);

        var continued = false;
        Task ContinueAsync()
        {
            continued = true;
            return context.SubmitAsync(magic.Rest);
        }

        await command.RunAsync(new MagicInvocation(magic.Arguments, magic.Rest.TrimStart('\n'), context, ContinueAsync)).ConfigureAwait(false);
        if (!continued && !contents.Contains(command.Name)) await ContinueAsync().ConfigureAwait(false);
    }

    /// <summary>Whether a cell that begins with a magic can run; what stands below a known one is code or, for some, anything.</summary>
    public Completeness CheckComplete(CellPart.Magic magic, Func<string, Completeness> checkCode)
    {
        if (!commands.ContainsKey(magic.Name)) return new(CompletenessStatus.Unknown);
        return contents.Contains(magic.Name) ? new(CompletenessStatus.Complete) : checkCode(magic.Rest);
    }

    /// <summary>The names of magics, where one is being written; null elsewhere.</summary>
    public Completions? Complete(string code, int position)
    {
        var start = LineStart(code, position);
        var typed = code[start..position];
        if (!typed.StartsWith('#') || typed.Any(char.IsWhiteSpace)) return null;
        var end = position;
        while (end < code.Length && !char.IsWhiteSpace(code[end])) end++;
        var items = commands.Values.Select(command => new CompletionItem($"#!{command.Name}", "magic", command.Summary))
            .Append(new("#r", "magic", "References an assembly file or a package: #r \"nuget: Id, version\"."))
            .Where(item => item.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase)).OrderBy(item => item.Text, StringComparer.Ordinal);
        return new Completions(start, end, [.. items]);
    }

    /// <summary>The usage and summary of the magic in whose line a position is; null elsewhere.</summary>
    public Inspection? Inspect(string code, int position)
    {
        var line = code[LineStart(code, position)..].Split('\n')[0];
        if (CellParts.Of(line).FirstOrDefault() is not CellPart.Magic magic || !commands.TryGetValue(magic.Name, out var command)) return null;
        return new Inspection($"{command.Usage}\n{command.Summary}", $"`{command.Usage}`\n\n{command.Summary}");
    }

    // Of the text in the line: magics may be indented.
    private static int LineStart(string code, int position)
    {
        var start = position == 0 ? 0 : code.LastIndexOf('\n', position - 1) + 1;
        while (start < position && (code[start] is ' ' or '\t')) start++;
        return start;
    }

    private IEnumerable<MagicCommand> Own()
    {
        yield return new("csharp", "#!csharp", "The rest of the cell is C#, which it is anyway.", _ => Task.CompletedTask);
        yield return new("lsmagic", "#!lsmagic", "Lists the magic commands.", List);
        yield return new("markdown", "#!markdown", "Shows the rest of the cell as Markdown.", magic => Show(magic, "text/markdown"));
        yield return new("html", "#!html", "Shows the rest of the cell as HTML.", magic => Show(magic, "text/html"));
    }

    private Task List(MagicInvocation magic)
    {
        foreach (var command in commands.Values.OrderBy(c => c.Name)) Console.WriteLine($"{command.Usage,-40} {command.Summary}");
        return Task.CompletedTask;
    }

    private static Task Show(MagicInvocation magic, string mimeType)
    {
        ((CellContext)magic.Context).Sink.Write(new DisplayOutput(new() { [mimeType] = magic.Code, ["text/plain"] = magic.Code }, null));
        return Task.CompletedTask;
    }

    private MagicException Unknown(string name)
    {
        if (otherLanguages.Contains(name.ToLowerInvariant()))
            return new($"#!{name}: this kernel runs C# only. Move the cell to a notebook of that language or translate it.");
        return new($"There is no magic #!{name}. Known are {string.Join(", ", commands.Keys.Order().Select(k => "#!" + k))}.");
    }
}
