namespace Lab.Abstractions;

/// <summary>The notebook that the present code runs in. Flows with <c>async</c> and into threads and timers.</summary>
public static class Notebook
{
    private static readonly AsyncLocal<INotebookContext?> current = new();

    /// <summary>The context of the running cell.</summary>
    /// <exception cref="InvalidOperationException">No notebook host is running this code.</exception>
    public static INotebookContext Current => current.Value
        ?? throw new InvalidOperationException("This code shows something in a notebook, but no notebook host is running it.");

    /// <summary>Whether a notebook host is running this code.</summary>
    public static bool IsRunning => current.Value is not null;

    /// <summary>Called by a host before it runs a cell; the change is undone when the caller's async scope ends.</summary>
    public static void Enter(INotebookContext context) => current.Value = context;
}
