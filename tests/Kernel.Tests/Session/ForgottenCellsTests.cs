using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

/// <summary>Cells leave the chain when all that they declared is declared anew; nobody can see that they left.</summary>
public sealed class ForgottenCellsTests
{
    private const int manyTimes = 30; // more than the chain holds before it is looked through

    private readonly Cells cells = new();

    [Fact]
    public void A_variable_or_type_declared_again_and_again_leaves_a_short_chain()
    {
        var submissions = new Submissions([], ["System"]);
        submissions.Compile("var x = 1;", "first");
        for (var i = 0; i < manyTimes; i++)
        {
            submissions.Compile($"class T {{ public int V => {i}; }}", "type");
            submissions.Compile($"var t = new T();", "variable of the type");
            submissions.Compile($"var (y, z) = (x + {i}, t.V);", "variables that need others");
        }

        Assert.InRange(submissions.Snapshot().Chain.Count, 4, 30);
        Assert.Equal(["x", "t", "y", "z"], submissions.Variables.Select(v => v.Field.Name));
    }

    [Fact]
    public void Methods_and_using_directives_stay_in_the_chain()
    {
        var submissions = new Submissions([], ["System"]);
        for (var i = 0; i < manyTimes; i++) submissions.Compile(i % 2 == 0 ? $"int F(int k) => k + {i};" : "using System.Text;", "cell");
        Assert.Equal(manyTimes, submissions.Snapshot().Chain.Count);
    }

    [Fact]
    public async Task A_forgotten_cell_is_unloaded()
    {
        await RunAsync("var modules = new List<WeakReference>();");
        for (var i = 0; i < 2 * manyTimes; i++) await RunAsync($"modules.Add(new WeakReference(((Action)(() => {{ }})).Method.Module.Assembly)); var y = {i};");
        for (var i = 0; i < 5; i++)
        {
            GC.Collect(); // collectible assemblies go in several steps
            GC.WaitForPendingFinalizers();
        }

        Assert.InRange(int.Parse(await ValueAsync("modules.Count(m => m.IsAlive)")), 1, 24);
    }

    [Fact]
    public async Task Closures_keep_the_variable_that_they_captured()
    {
        await RunAsync("var kept = new List<Func<int>>();");
        await RunAsync("var y = 1; kept.Add(() => y++);");
        await DeclareAsync("var y = 100;");
        Assert.Equal("1 2 100", await ValueAsync("$\"{kept[0]()} {kept[0]()} {y}\""));
    }

    [Fact]
    public async Task Code_of_a_forgotten_cell_that_runs_late_finds_a_forgotten_type()
    {
        await RunAsync("var kept = new List<Func<object>>();");
        await RunAsync("class T { public int Value => 1; }");
        await RunAsync("var y = 0; kept.Add(() => new T().Value); kept.Add(() => typeof(U).GetCustomAttributes(false)[0].ToString()); [Of(typeof(T))] class U { } class Of(Type t) : Attribute { public override string ToString() => t.GetProperties()[0].Name; }");
        await DeclareAsync("class T { } class U { } class Of : Attribute { } var y = 0;");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal("1 Value", await ValueAsync("$\"{kept[0]()} {kept[1]()}\""));
    }

    [Theory]
    [InlineData("var y = \"abc\";", "var n = y.Length;", "n + y", "103")]
    [InlineData("const int y = 7;", "const int n = y;", "n + y", "107")]
    [InlineData("var y = 1;", "var n = nameof(y);", "n + y", "y100")]
    [InlineData("class T { public int P => 5; }", "var n = new[] { new T() };", "n[0].P + y", "105")]
    [InlineData("class T { public int P => 5; } T Make() => new T();", "class T { } var n = Make();", "n.P + y", "105")]
    [InlineData("var y = new { X = 1 };", "var n = new { X = 2 };", "n.X + y", "102")]
    [InlineData("var n = new { X = 1 };", "var m = new { X = 1, Y = 2 };", "$\"{n.Equals(new { X = 1 })} {m.Y}\"", "True 2")]
    [InlineData("Func<int, int> y = k => k + 1;", "var n = 0;", "y(3) + y", "104")]
    [InlineData("class y : Attribute { }", "[y] class T { }", "typeof(T).GetCustomAttributes(false).Length + y", "101")]
    public async Task What_later_cells_need_of_a_hidden_cell_stays(string first, string second, string expression, string value)
    {
        await RunAsync("var before = 1;");
        await DeclareAsync("var before = 2;");
        await RunAsync(first);
        await RunAsync(second);
        await DeclareAsync("var y = 100;");
        Assert.Equal(value, await ValueAsync(expression));
        Assert.Equal("2", await ValueAsync("before"));
    }

    [Fact]
    public async Task References_outlive_the_cell_that_made_them()
    {
        await RunAsync($"#r \"{Path.Combine(AppContext.BaseDirectory, "xunit.assert.dll")}\"\nvar y = nameof(Xunit.Assert);");
        await DeclareAsync("var y = 1;");
        Assert.Equal("Assert", await ValueAsync("nameof(Xunit.Assert)"));
    }

    [Fact]
    public async Task Variables_keep_their_order_and_can_be_assigned()
    {
        await RunAsync("var y = 1; int Y() => y;");
        await RunAsync("var z = 2; var a = 3;");
        await DeclareAsync("var z = 5;");
        cells.Session.Assign("z", 6);
        Assert.Equal([("y", 1), ("z", 6), ("a", 3)], cells.Session.Variables.Select(v => (v.Name, (int)v.Value!)));
        Assert.Equal("6", await ValueAsync("z"));
    }

    [Fact]
    public async Task Completion_knows_what_stayed()
    {
        await RunAsync("class Wide { public int Width => 1; } var w = new Wide();");
        Assert.Contains((await cells.Session.CompleteAsync("w.", 2)).Items, i => i.Text == "Width");
        await DeclareAsync("var y = w.Width;");
        await DeclareAsync("var y = new { Height = w };");
        Assert.Contains((await cells.Session.CompleteAsync("w.", 2)).Items, i => i.Text == "Width");
        Assert.Contains((await cells.Session.CompleteAsync("y.", 2)).Items, i => i.Text == "Height");
    }

    [Fact]
    public async Task After_a_reset_the_chain_begins_anew()
    {
        await DeclareAsync("var y = 1;");
        await RunAsync("#!reset");
        await DeclareAsync("var z = 2;");
        Assert.Equal("2", await ValueAsync("z"));
        Assert.Equal("CS0103", (await cells.RunAsync("y")).Result.Error!.Name);
    }

    private async Task DeclareAsync(string code)
    {
        for (var i = 0; i < manyTimes; i++) await RunAsync(code);
    }

    private async Task RunAsync(string code) => Assert.Null((await cells.RunAsync(code)).Result.Error?.Message);

    private async Task<string> ValueAsync(string expression)
    {
        var cell = await cells.RunAsync(expression);
        Assert.Null(cell.Result.Error?.Message);
        return ((ResultOutput)cell.Outputs[^1]).Data["text/plain"]!.GetValue<string>();
    }
}
