namespace Lab.Abstractions;

/// <summary>A line of a cell that starts with <c>#!</c> and is run by an extension instead of the compiler.</summary>
/// <param name="Name">Without <c>#!</c>, e.g. <c>time</c>.</param>
/// <param name="Usage">The line as a user writes it, e.g. <c>#!source &lt;type or member&gt;</c>.</param>
/// <param name="Summary">One sentence for the list of magics.</param>
/// <param name="RunAsync">What it does.</param>
public sealed record MagicCommand(string Name, string Usage, string Summary, Func<MagicInvocation, Task> RunAsync);

/// <summary>One use of a magic command in a cell.</summary>
/// <param name="Arguments">The text behind the name, trimmed.</param>
/// <param name="Code">The lines of the cell below the magic, up to its end.</param>
/// <param name="Context">The notebook.</param>
/// <param name="ContinueAsync">
/// Runs <paramref name="Code"/>, further magics included. A magic that wraps the code (a stopwatch) awaits this itself;
/// otherwise the host runs the code after the magic has returned.
/// </param>
public sealed record MagicInvocation(string Arguments, string Code, INotebookContext Context, Func<Task> ContinueAsync);

/// <summary>A magic was used wrongly. Hosts show the message as the cell's error, without a stack trace.</summary>
public sealed class MagicException(string message) : Exception(message);
