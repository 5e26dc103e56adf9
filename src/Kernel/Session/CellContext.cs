using Lab.Abstractions;

namespace Lab.Kernel.Session;

/// <summary>One run of one cell, as its code sees the notebook. It outlives the cell for tasks that still put out.</summary>
internal sealed class CellContext(CSharpSession session, string cellName, IOutputSink sink, IUserInput? input, CancellationToken cancellation) : INotebookContext
{
    private static readonly AsyncLocal<CellContext?> current = new();

    public static CellContext? CurrentOrNull => current.Value;

    public static CellContext Current => current.Value
        ?? throw new InvalidOperationException("Only code that a cell has started can show something.");

    public string CellName => cellName;

    public CSharpSession Session => session;

    public StoppableRun Run { get; } = new(session.LeaveAfter, cancellation);

    /// <summary>Number of the code that runs, as <see cref="Checkpoint.LineOf"/> takes it.</summary>
    public int Submission { get; set; }

    public IOutputSink Sink => sink;

    public IReadOnlyList<NotebookVariable> Variables => session.Variables;

    public void Assign(string name, object? value) => session.Assign(name, value);

    public IReadOnlyDictionary<string, string> InjectedParameters => session.InjectedParameters;

    public string? CellId { get; init; }

    public CancellationToken Cancellation => cancellation;

    public IComms Comms => session.Comms;

    /// <summary>From here on, and in all that the present flow starts, this is the running cell.</summary>
    public void Enter()
    {
        current.Value = this;
        Notebook.Enter(this);
        ConsoleRouter.Enter(sink);
    }

    public string? Ask(string prompt, bool secret = false)
    {
        if (input is null) throw new InvalidOperationException("This code asks the user for input, but nobody can be asked here: the front end takes no input, or there is none.");
        return input.Ask(prompt, secret, cancellation);
    }

    public void ClearOutput(bool wait = false) => sink.Write(new ClearOutput(wait));

    public IDisplayHandle Display(object value) => Display(value, null);

    public IDisplayHandle Display(object value, string? mimeType)
    {
        var handle = new Handle(sink, Guid.NewGuid().ToString("N"), mimeType);
        sink.Write(new DisplayOutput(MimeBundle.Of(value, mimeType), handle.Id));
        return handle;
    }

    public Task SubmitAsync(string code) => session.RunPartsAsync(code, this);

    private sealed class Handle(IOutputSink sink, string id, string? mimeType) : IDisplayHandle
    {
        public string Id => id;

        public void Update(object value) => sink.Write(new UpdateDisplayOutput(MimeBundle.Of(value, mimeType), id));
    }
}
