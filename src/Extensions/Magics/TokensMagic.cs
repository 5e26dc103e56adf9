using Lab.Abstractions;
using Lab.Text;

namespace Lab.Extensions.Magics;

/// <summary><c>#!tokens</c>: a text as one or more tokenizers cut it.</summary>
internal static class TokensMagic
{
    public static MagicCommand Command { get; } = new(
        "tokens", "#!tokens <text> <tokenizer> ...", "Runs the rest of the cell, then shows a text, quoted or in a variable, as the tokens of tokenizers in variables.", RunAsync);

    private static async Task RunAsync(MagicInvocation invocation)
    {
        var (text, names) = Split(invocation.Arguments);
        if (names.Length == 0) throw new MagicException($"#!tokens takes a text and at least one tokenizer. Usage: {Command.Usage}");

        await invocation.ContinueAsync();
        var shown = text.StartsWith('"') ? text[1..^1] : Variable<string>(invocation.Context, text, "text");
        try
        {
            invocation.Context.Display(new TokenComparison([.. names.Select(name => TokenizedText.Of(Variable<Bpe>(invocation.Context, name, "tokenizer"), shown, name))]));
        }
        catch (ArgumentException loneSurrogate)
        {
            throw new MagicException(loneSurrogate.Message);
        }
    }

    // The first argument may be quoted and hold spaces.
    private static (string Text, string[] Names) Split(string arguments)
    {
        var end = arguments.StartsWith('"') ? arguments.IndexOf('"', 1) + 1 : 0;
        if (end > 0) return (arguments[..end], arguments[end..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var words = arguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 || words[0].StartsWith('"') ? ("", []) : (words[0], words[1..]);
    }

    private static T Variable<T>(INotebookContext notebook, string name, string what) where T : class =>
        notebook.Variables.FirstOrDefault(variable => variable.Name == name)?.Value as T
        ?? throw new MagicException($"There is no {what} in a variable '{name}'. Variables that hold one: {string.Join(", ", notebook.Variables.Where(v => v.Value is T).Select(v => v.Name).DefaultIfEmpty("none"))}.");
}
