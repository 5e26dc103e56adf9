using Lab.Abstractions;
using Lab.Papers;

namespace Lab.Extensions.Magics;

/// <summary><c>#!paper</c>: the card of a paper.</summary>
internal static class PaperMagic
{
    public static MagicCommand Command { get; } = new("paper", "#!paper <slug>", "Shows the card of a paper.", RunAsync);

    private static Task RunAsync(MagicInvocation invocation)
    {
        var slug = MagicUsage.OneArgument(invocation, Command);
        try
        {
            invocation.Context.Display(PaperCatalogue.Find(slug));
        }
        catch (KeyNotFoundException unknown)
        {
            throw new MagicException(unknown.Message);
        }

        return Task.CompletedTask;
    }
}
