using Lab.Abstractions;

namespace Lab.Extensions.Tests.Magics;

/// <summary>A notebook that remembers what was shown, and compiles nothing: a test says what a cell's code does.</summary>
internal sealed class FakeNotebook : INotebookContext
{
    private readonly List<NotebookVariable> variables = [];

    public List<object> Displays { get; } = [];

    public List<object> Updates { get; } = [];

    public Dictionary<string, string> Injected { get; } = [];

    public IReadOnlyList<NotebookVariable> Variables => variables;

    public IReadOnlyDictionary<string, string> InjectedParameters => Injected;

    public string? CellId { get; init; }

    public CancellationToken Cancellation { get; init; }

    public IComms Comms { get; init; } = new FakeComms { HasFrontEnd = false };

    public void Assign(string name, object? value) => Set(name, value, variables.Single(v => v.Name == name).Type);

    public IDisplayHandle Display(object value)
    {
        Displays.Add(value);
        return new Handle(this);
    }

    public string? Ask(string prompt, bool secret = false) => throw new NotSupportedException("No magic asks.");

    public void ClearOutput(bool wait = false) => throw new NotSupportedException("No magic clears outputs.");

    public Task SubmitAsync(string code) => throw new NotSupportedException("No magic submits code.");

    public void Set(string name, object? value, Type? type = null)
    {
        var place = variables.FindIndex(v => v.Name == name);
        if (place >= 0) variables.RemoveAt(place);
        variables.Insert(place < 0 ? variables.Count : place, new NotebookVariable(name, type ?? value!.GetType(), value));
    }

    /// <summary>Runs a cell that starts with a magic.</summary>
    public Task RunAsync(LabExtension extension, string cell, Action? code = null)
    {
        var (first, rest) = cell.Split('\n', 2) is [var a, var b] ? (a, b) : (cell, "");
        var words = first.Split(' ', 2);
        var magic = extension.Magics.Single(m => $"#!{m.Name}" == words[0]);
        return magic.RunAsync(new MagicInvocation(words.Length > 1 ? words[1].Trim() : "", rest, this, () =>
        {
            code?.Invoke();
            return Task.CompletedTask;
        }));
    }

    private sealed class Handle(FakeNotebook notebook) : IDisplayHandle
    {
        public void Update(object value) => notebook.Updates.Add(value);
    }
}
