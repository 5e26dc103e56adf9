using Lab.Abstractions;

namespace Lab.Extensions.Interactive;

/// <summary>
/// A notebook of another host, of which this assembly knows nothing: the host's script says in functions what it can do.
/// The script is <c>extension.dib</c> in this package, for .NET Interactive.
/// </summary>
public sealed class HostedNotebook : INotebookContext
{
    /// <summary>Shows a value and gives what replaces it.</summary>
    public required Func<object, Action<object>> Show { get; init; }

    /// <summary>Lists the variables.</summary>
    public required Func<IEnumerable<NotebookVariable>> List { get; init; }

    /// <summary>Gives a variable a value.</summary>
    public required Action<string, object?> Set { get; init; }

    /// <inheritdoc/>
    public required CancellationToken Cancellation { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<NotebookVariable> Variables => [.. List()];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> InjectedParameters { get; } = new Dictionary<string, string>();

    /// <inheritdoc/>
    public string? CellId => null;

    /// <inheritdoc/>
    public IComms Comms { get; } = new NoComms();

    /// <inheritdoc/>
    public IDisplayHandle Display(object value) => new Handle(Show(value));

    /// <inheritdoc/>
    public void Assign(string name, object? value) => Set(name, value);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: a cell of this host cannot run another inside itself.</exception>
    public Task SubmitAsync(string code) => throw new NotSupportedException("This notebook host runs no code inside a running cell.");

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always: this host has its own ways to ask.</exception>
    public string? Ask(string prompt, bool secret = false) => throw new InvalidOperationException("This notebook host asks in its own ways only, e.g. by @input in a magic.");

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: this host clears nothing.</exception>
    public void ClearOutput(bool wait = false) => throw new NotSupportedException("This notebook host clears no outputs.");

    /// <summary>
    /// Runs a magic whose code the host runs by itself once the magic has returned. What the magic does behind that code
    /// waits for <paramref name="whenCodeHasRun"/>.
    /// </summary>
    /// <param name="magic">One of the extension's.</param>
    /// <param name="cell">The whole cell.</param>
    /// <param name="whenCodeHasRun">Takes what is to be done when the cell's code has run.</param>
    public Task RunAsync(MagicCommand magic, string cell, Action<Action> whenCodeHasRun)
    {
        var lines = cell.ReplaceLineEndings("\n").Split('\n');
        var line = Array.FindIndex(lines, text => text.TrimStart().Split(' ')[0].TrimEnd() == $"#!{magic.Name}");
        var arguments = line < 0 ? "" : lines[line].TrimStart()[(magic.Name.Length + 2)..].Trim();

        // The continuation runs where the host says that the code has run, so that it can still show something.
        var codeHasRun = new TaskCompletionSource();
        var waits = false;
        var running = magic.RunAsync(new MagicInvocation(arguments, string.Join('\n', lines[(line + 1)..]), this, () =>
        {
            waits = true;
            whenCodeHasRun(codeHasRun.SetResult);
            return codeHasRun.Task;
        }));
        return waits ? Task.CompletedTask : running;
    }

    private sealed class Handle(Action<object> update) : IDisplayHandle
    {
        public void Update(object value) => update(value);
    }

    /// <summary>The host has no comms: nobody hears, nobody answers.</summary>
    private sealed class NoComms : IComms
    {
        public bool HasFrontEnd => false;

        public IComm Open(string target, CommMessage message) => throw new NotSupportedException("Widgets need Lab's own kernel: .NET Interactive has no comms.");

        public void Register(string target, Action<IComm, CommMessage> opened)
        {
        }
    }
}
