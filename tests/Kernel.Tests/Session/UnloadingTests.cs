using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

public sealed class UnloadingTests
{
    private const string remember = "cells.Add(new WeakReference(((Action)(() => { })).Method.Module.Assembly));";

    [Fact]
    public async Task Cells_that_declare_nothing_are_unloaded_when_they_have_ended()
    {
        var cells = new Cells();
        await cells.RunAsync("var cells = new List<WeakReference>();");
        for (var i = 0; i < 20; i++) await cells.RunAsync($"{remember} {i} + 1");
        Assert.InRange(Alive(cells), 0, 2);
        Assert.Equal("cells", Assert.Single(cells.Session.Variables).Name);
    }

    [Fact]
    public async Task A_cell_whose_variables_or_code_are_still_needed_stays()
    {
        var cells = new Cells();
        await cells.RunAsync("var cells = new List<WeakReference>(); Func<int, int> twice = null;");
        await cells.RunAsync($"{remember} twice = n => 2 * n;");
        await cells.RunAsync($"{remember} var declared = 21;");
        Assert.Equal(2, Alive(cells));
        Assert.Equal("42", ((ResultOutput)Assert.Single((await cells.RunAsync("twice(declared)")).Outputs)).Data["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public async Task Reset_forgets_what_cells_have_declared_frees_it_and_goes_on_with_the_references()
    {
        var cells = new Cells();
        var forgotten = await DeclaredAsync(cells);
        var cell = await cells.RunAsync("#!reset\nvar x = \"new\";");
        Assert.Null(cell.Result.Error);
        Assert.Equal(["x"], cells.Session.Variables.Select(v => v.Name));
        Assert.Equal("new", Plain(await cells.RunAsync("x")));
        Assert.Equal("CS0103", (await cells.RunAsync("y")).Result.Error!.Name);
        Assert.Equal("3", Plain(await cells.RunAsync("int Twice(int n) => n + n; Twice(1) + 1")));

        Collect();
        Assert.All(forgotten, state => Assert.False(state.IsAlive));
    }

    [Fact]
    public async Task Code_that_still_runs_after_a_reset_uses_the_cells_it_was_compiled_with()
    {
        var cells = new Cells();
        Assert.Null((await cells.RunAsync("class A { public int Value => 1; } var go = new TaskCompletionSource(); int got = 0;")).Result.Error);
        Assert.Null((await cells.RunAsync("async Task Later() { await go.Task; Use(); } void Use() { got = new A().Value; } var later = Later();")).Result.Error);
        var (go, later) = (Variable<TaskCompletionSource>(cells, "go"), Variable<Task>(cells, "later"));
        await cells.RunAsync("#!reset\nclass A { public int Value => 2; } var go = 0; int got = 0;");
        go.SetResult();
        await later;
        Assert.Equal("0 2", Plain(await cells.RunAsync("$\"{got} {new A().Value}\"")));
    }

    // In a method of its own: no local of the test keeps what it gives alive.
    private static async Task<WeakReference[]> DeclaredAsync(Cells cells)
    {
        await cells.RunAsync("class Big { public byte[] Bytes = new byte[1000]; } var x = new Big();");
        await cells.RunAsync("var y = new object(); Func<int> f = () => x.Bytes.Length;");
        Assert.Equal("1000", Plain(await cells.RunAsync("f()")));
        return [.. cells.Session.Variables.Select(v => new WeakReference(v.Value))];
    }

    private static T Variable<T>(Cells cells, string name) => (T)cells.Session.Variables.Single(v => v.Name == name).Value!;

    private static string Plain(CellRun cell) => ((ResultOutput)Assert.Single(cell.Outputs)).Data["text/plain"]!.GetValue<string>();

    private static int Alive(Cells cells)
    {
        Collect();
        return Variable<List<WeakReference>>(cells, "cells").Count(cell => cell.IsAlive);
    }

    private static void Collect()
    {
        for (var i = 0; i < 5; i++) // collectible assemblies go in several steps
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
