using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Papers;

namespace Lab.Extensions.Magics;

/// <summary><c>#!source</c>: the library's own source, so that a notebook's text and the code that runs cannot drift apart.</summary>
internal static class SourceMagic
{
    public static MagicCommand Command { get; } = new("source", "#!source <Type or Type.Member>", "Shows the source of a type or member of Lab.", RunAsync);

    private static Task RunAsync(MagicInvocation invocation)
    {
        invocation.Context.Display(Find(MagicUsage.OneArgument(invocation, Command)));
        return Task.CompletedTask;
    }

    private static SourceListing Find(string name)
    {
        var found = SourceIndex.Lab.Find(name);
        var names = found.Select(declaration => declaration.Name).Distinct().ToArray();
        return names.Length switch
        {
            1 => new SourceListing([.. found.Select(declaration => declaration.Piece())]),
            0 => throw new MagicException($"Lab has no type or member '{name}'. The closest are {string.Join(", ", Spelling.Closest(name, SourceIndex.Lab.ShortNames))}."),
            _ => throw new MagicException($"'{name}' means more than one thing: {string.Join(", ", names)}. Write one of these."),
        };
    }
}
