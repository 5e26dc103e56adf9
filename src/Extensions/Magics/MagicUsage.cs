using Lab.Abstractions;

namespace Lab.Extensions.Magics;

/// <summary>Errors of use, worded alike for all magics.</summary>
internal static class MagicUsage
{
    /// <exception cref="MagicException">There are arguments.</exception>
    public static void NoArguments(MagicInvocation invocation, MagicCommand command)
    {
        if (invocation.Arguments.Length > 0)
            throw new MagicException($"#!{command.Name} takes nothing behind its name, got '{invocation.Arguments}'. Usage: {command.Usage}");
    }

    /// <returns>The one word behind the name.</returns>
    /// <exception cref="MagicException">There is none, or more than one.</exception>
    public static string OneArgument(MagicInvocation invocation, MagicCommand command)
    {
        var words = invocation.Arguments.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 1
            ? words[0]
            : throw new MagicException($"#!{command.Name} takes one name, got {(words.Length == 0 ? "none" : $"'{invocation.Arguments}'")}. Usage: {command.Usage}");
    }

    /// <returns>The words behind the name; one in quotation marks may hold spaces.</returns>
    /// <exception cref="FormatException">A quotation mark is not closed.</exception>
    public static IReadOnlyList<string> Words(string arguments)
    {
        var parts = arguments.Split('"');
        if (parts.Length % 2 == 0) throw new FormatException($"A quotation mark in '{arguments}' is not closed.");
        return [.. parts.SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
    }
}
