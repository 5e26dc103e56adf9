using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Extensions.Interactive;

namespace Lab.Extensions.Tests.Interactive;

/// <summary>The bridge to a host that runs a cell's code itself, as .NET Interactive does.</summary>
public sealed class HostedNotebookTests
{
    private readonly List<object> shown = [];
    private readonly Dictionary<string, object?> variables = [];
    private readonly LabExtension extension = new();
    private Action? whenCodeHasRun;

    [Fact]
    public async Task A_magic_gets_what_stands_behind_its_name()
    {
        await RunAsync("paper", "// first\n#!paper zett");
        Assert.Equal("zett", Assert.IsType<Lab.Papers.Paper>(Assert.Single(shown)).Slug);
        Assert.Null(whenCodeHasRun);
    }

    [Fact]
    public async Task A_magic_that_wraps_the_code_goes_on_when_the_host_has_run_it()
    {
        await RunAsync("params", "#!params\nint k = 3; // 1..5: neighbours");
        Assert.Empty(shown);
        variables["k"] = 3;
        whenCodeHasRun!();
        Assert.Contains("neighbours", Shown.Text(Assert.IsType<ParameterTable>(Assert.Single(shown))));
    }

    [Fact]
    public async Task Wrong_use_is_the_magics_own_error() =>
        await Assert.ThrowsAsync<MagicException>(() => RunAsync("paper", "#!paper"));

    [Fact]
    public void What_the_host_lacks_says_so()
    {
        var notebook = Notebook();
        Assert.False(notebook.Comms.HasFrontEnd);
        Assert.Contains("Lab's own kernel", Assert.Throws<NotSupportedException>(() => notebook.Comms.Open("jupyter.widget", new([]))).Message);
    }

    private Task RunAsync(string magic, string cell) => Notebook().RunAsync(extension.Magics.Single(m => m.Name == magic), cell, then => whenCodeHasRun = then);

    private HostedNotebook Notebook() => new()
    {
        Show = value =>
        {
            shown.Add(value);
            return _ => { };
        },
        List = () => variables.Select(v => new NotebookVariable(v.Key, v.Value!.GetType(), v.Value)),
        Set = (name, value) => variables[name] = value,
        Cancellation = default,
    };
}
