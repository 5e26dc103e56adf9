using Lab.Abstractions;
using Lab.Kernel.Language;
using Lab.Kernel.Migration;

namespace Lab.Kernel.Session;

/// <summary>The magic commands of a session: the kernel's own and those of its extensions.</summary>
internal sealed class Magics
{
    private readonly Dictionary<string, MagicCommand> commands = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="fromExtensions">One of them replaces one of the kernel's own that has its name.</param>
    /// <param name="folder">Where relative paths of <c>#!import</c> start.</param>
    public Magics(IEnumerable<MagicCommand> fromExtensions, string folder)
    {
        foreach (var command in Own(folder).Concat(fromExtensions)) commands[command.Name] = command;
    }

    public async Task RunAsync(CellPart.Magic magic, CellContext context)
    {
        if (!commands.TryGetValue(magic.Name, out var command)) throw Unknown(magic.Name);

        // What stands below a content magic is its own, up to the line that chooses another language.
        var (own, rest) = ContentMagics.Holds(command.Name) ? CellLanguages.SplitAtChooser(magic.Rest) : (magic.Rest, magic.Rest);
        var continued = false;
        Task ContinueAsync()
        {
            continued = true;
            return context.SubmitAsync(rest);
        }

        await command.RunAsync(new MagicInvocation(magic.Arguments, own.TrimStart('\n'), context, ContinueAsync)).ConfigureAwait(false);
        if (!continued) await ContinueAsync().ConfigureAwait(false);
    }

    /// <summary>Whether a cell that begins with a magic can run; what stands below a known one is code or, for some, anything.</summary>
    public Completeness CheckComplete(CellPart.Magic magic, Func<string, Completeness> checkCode)
    {
        if (!commands.ContainsKey(magic.Name)) return new(CompletenessStatus.Unknown);
        return ContentMagics.Holds(magic.Name) ? new(CompletenessStatus.Complete) : checkCode(magic.Rest);
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
            .Append(new("#i", "magic", "Adds a package source: #i \"nuget: address or folder\"."))
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

    private IEnumerable<MagicCommand> Own(string folder) =>
        [.. SessionMagics.All, .. ContentMagics.All, new ImportMagic(folder).Command, new("lsmagic", "#!lsmagic", "Lists the magic commands.", List)];

    private Task List(MagicInvocation magic)
    {
        foreach (var command in commands.Values.OrderBy(c => c.Name)) Console.WriteLine($"{command.Usage,-40} {command.Summary}");
        return Task.CompletedTask;
    }

    private MagicException Unknown(string name)
    {
        if (CellLanguages.IsForeign(name))
            return new($"#!{name}: this kernel runs C# only. Move the cell to a notebook of that language or translate it.");
        if (name is "share" or "set")
            return new($"#!{name}: this kernel has one language, so there is nobody to share variables with; remove the line.");
        return new($"There is no magic #!{name}. Known are {string.Join(", ", commands.Keys.Order().Select(k => "#!" + k))}.");
    }
}
