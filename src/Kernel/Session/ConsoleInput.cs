namespace Lab.Kernel.Session;

/// <summary>Reads for cells what the user is asked for, line by line; what no cell reads comes from the real console.</summary>
internal sealed class ConsoleInput(TextReader console) : TextReader
{
    private static readonly Lock installing = new();
    private static bool installed;

    private readonly Lock turn = new();
    private string? rest; // of a line that was read in part

    public static void Install()
    {
        lock (installing)
        {
            if (!installed) Console.SetIn(new ConsoleInput(Console.In));
            installed = true;
        }
    }

    public override string? ReadLine()
    {
        if (CellContext.CurrentOrNull is not { } context) return console.ReadLine();
        lock (turn)
        {
            if (rest is not { } line) return context.Ask("");
            rest = null;
            return line.TrimEnd('\n');
        }
    }

    public override int Read() => Next(take: true);

    public override int Peek() => Next(take: false);

    private int Next(bool take)
    {
        if (CellContext.CurrentOrNull is not { } context) return take ? console.Read() : console.Peek();
        lock (turn)
        {
            rest ??= context.Ask("") is { } line ? line + "\n" : null;
            if (rest is null) return -1;
            var next = rest[0];
            if (take) rest = rest.Length > 1 ? rest[1..] : null;
            return next;
        }
    }
}
