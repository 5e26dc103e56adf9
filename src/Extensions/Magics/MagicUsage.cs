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
}
