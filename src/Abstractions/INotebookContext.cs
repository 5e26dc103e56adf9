namespace Lab.Abstractions;

/// <summary>What a host offers to the code of a cell and to the magic commands of an extension.</summary>
public interface INotebookContext
{
    /// <summary>Shows a value below the running cell, formatted by the host's formatters.</summary>
    /// <returns>A handle that replaces the shown value, also after the cell has ended.</returns>
    IDisplayHandle Display(object value);

    /// <summary>Runs code as if it stood in a cell; its outputs go to the running cell.</summary>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    Task SubmitAsync(string code);

    /// <summary>The variables of the session in order of declaration; a name declared again appears once, with its last value.</summary>
    IReadOnlyList<NotebookVariable> Variables { get; }

    /// <summary>Gives a variable of the session another value.</summary>
    /// <param name="name">As declared; of several with this name, the last.</param>
    /// <param name="value">Of the variable's type.</param>
    /// <exception cref="KeyNotFoundException">There is no such variable.</exception>
    /// <exception cref="ArgumentException">The value is of another type.</exception>
    void Assign(string name, object? value);

    /// <summary>Parameters set from outside (command line, papermill), by name, as the C# text that was injected.</summary>
    IReadOnlyDictionary<string, string> InjectedParameters { get; }

    /// <summary>Names the running cell in all its runs, edits between them included; null where the front end does not tell.</summary>
    string? CellId { get; }

    /// <summary>Fires when the running cell is interrupted. Long library work takes this token.</summary>
    CancellationToken Cancellation { get; }

    /// <summary>Asks the user for a line of text and waits for it. Code that reads <see cref="Console.In"/> asks the same way.</summary>
    /// <param name="prompt">Stands before the answer.</param>
    /// <param name="secret">Hides what is typed.</param>
    /// <returns>The line; null when the user has ended the input.</returns>
    /// <exception cref="InvalidOperationException">Nobody can be asked here.</exception>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    string? Ask(string prompt, bool secret = false);

    /// <summary>Removes what the running cell has shown.</summary>
    /// <param name="wait">Only once there is something new to show, so that the page does not flicker.</param>
    void ClearOutput(bool wait = false);

    /// <summary>Lines to objects in the front ends, e.g. widgets.</summary>
    IComms Comms { get; }
}

/// <summary>A shown value that can be replaced.</summary>
public interface IDisplayHandle
{
    /// <summary>Replaces what is shown.</summary>
    void Update(object value);
}

/// <summary>A variable of the session.</summary>
/// <param name="Name">As declared.</param>
/// <param name="Type">Declared type.</param>
/// <param name="Value">Present value.</param>
public sealed record NotebookVariable(string Name, Type Type, object? Value);
