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

    private static int Alive(Cells cells)
    {
        for (var i = 0; i < 5; i++) // collectible assemblies go in several steps
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return ((List<WeakReference>)cells.Session.Variables.Single(v => v.Name == "cells").Value!).Count(cell => cell.IsAlive);
    }
}
