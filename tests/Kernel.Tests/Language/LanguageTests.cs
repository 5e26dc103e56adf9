using Kernel.Tests.Session;
using Lab.Kernel.Language;

namespace Kernel.Tests.Language;

public sealed class LanguageTests(LanguageTests.Started started) : IClassFixture<LanguageTests.Started>
{
    [Fact]
    public async Task Members_are_completed_and_replace_what_was_typed()
    {
        var found = await CompleteAsync("Console.Wri|");
        Assert.Equal((8, 11), (found.Start, found.End));
        Assert.Equal(["Write", "WriteLine"], found.Items.Select(i => i.Text));
        Assert.All(found.Items, item => Assert.Equal("function", item.Kind));
        Assert.Contains("void Console.WriteLine(", found.Items[1].Signature);
    }

    [Theory]
    [InlineData("numb|", "numbers", "instance")]
    [InlineData("Twi|", "Twice", "function")]
    [InlineData("var p = new Poi|", "Point", "class")]
    [InlineData("new Point(1, 2).|", "X", "property")]
    [InlineData("numbers.Whe|", "Where", "function")]
    [InlineData("numbers.Select(n => n.CompareT|)", "CompareTo", "function")]
    [InlineData("JsonNo|", "JsonNode", "class")]
    [InlineData("forea|", "foreach", "keyword")]
    [InlineData("var local = 1;\nloc|", "local", "instance")]
    [InlineData("System.Tex|", "Text", "module")]
    [InlineData("#!time\n#r \"nuget: X\"\nnumbers.Cou|", "Count", "property")]
    public async Task What_cells_and_libraries_declare_is_completed(string code, string text, string kind) =>
        Assert.Contains((text, kind), (await CompleteAsync(code)).Items.Select(i => (i.Text, i.Kind)));

    [Fact]
    public async Task A_name_declared_again_has_its_last_type()
    {
        var cells = new Cells();
        await cells.RunAsync("var x = 1;");
        Assert.Contains((await cells.Session.CompleteAsync("x.", 2)).Items, i => i.Text == "CompareTo");
        await cells.RunAsync("var x = new { Width = 3 };");
        await cells.RunAsync("1 + 1");
        var members = (await cells.Session.CompleteAsync("x.", 2)).Items.Select(i => i.Text).ToList();
        Assert.Contains("Width", members);
        Assert.DoesNotContain("CompareTo", members);
    }

    [Fact]
    public async Task Magics_are_completed_where_one_is_written()
    {
        Assert.Equal(["#!markdown"], (await CompleteAsync("#!mark|")).Items.Select(i => i.Text));
        Assert.Superset(new HashSet<string> { "#!csharp", "#!html", "#!lsmagic", "#!markdown", "#r", "#i" }, (await CompleteAsync("var a = 1;\n  #|")).Items.Select(i => i.Text).ToHashSet());
        Assert.Equal(13, (await CompleteAsync("var a = 1;\n  #|")).Start);
        Assert.Contains("magic commands", (await InspectAsync("#!lsm|agic")).Plain);
    }

    [Fact]
    public async Task An_inspection_shows_signature_and_summary_and_in_detail_parameters_and_exceptions()
    {
        var brief = await InspectAsync("string.Join|(\",\", numbers)");
        Assert.Contains("string string.Join", brief.Plain);
        Assert.Contains("Concatenates", brief.Plain);
        Assert.DoesNotContain("Parameters", brief.Plain);

        var detailed = await InspectAsync("Math.Ma|x(1, 2)", detailed: true);
        Assert.Contains("int Math.Max(int val1, int val2)", detailed.Plain);
        Assert.Contains("Parameters:\n    val1: The first of two", detailed.Plain);
        Assert.Contains("```csharp", detailed.Markdown);
        Assert.Contains("System", detailed.Plain);
    }

    [Fact]
    public async Task Inside_the_parentheses_of_a_call_its_overloads_are_shown()
    {
        var plain = (await InspectAsync("Math.Max(|")).Plain;
        Assert.Contains("int Math.Max(int val1, int val2)", plain);
        Assert.Contains("double Math.Max(double val1, double val2)", plain);
    }

    [Theory]
    [InlineData("Twice|", "int Twice(int n)\n\nTwo times.")]
    [InlineData("number|s", "List<int> numbers")]
    [InlineData("new Point|(1, 2)", "Point.Point(int X, int Y)")]
    [InlineData("var local = 1.5; loc|al", "double local")]
    [InlineData("numbers.Sele|ct(n => n)", "Projects each element of a sequence into a new form.")]
    [InlineData("new List<int>().Ad|d(1)", "Adds an object to the end of the List.")]
    [InlineData("IComm c; c.Sen|d(null)", "Sends to every front end. From any thread.")]
    public async Task A_name_of_a_cell_or_a_library_is_explained(string code, string text) => Assert.Contains(text, (await InspectAsync(code)).Plain);

    [Theory]
    [InlineData("|")]
    [InlineData("// a com|ment")]
    [InlineData("nobody_kno|ws")]
    public async Task Of_what_is_no_symbol_nothing_is_known(string code) =>
        Assert.Null(await started.Cells.Session.InspectAsync(code.Replace("|", ""), code.IndexOf('|'), false));

    private Task<Completions> CompleteAsync(string code) => started.Cells.Session.CompleteAsync(code.Replace("|", ""), code.IndexOf('|'));

    private async Task<Inspection> InspectAsync(string code, bool detailed = false) =>
        await started.Cells.Session.InspectAsync(code.Replace("|", ""), code.IndexOf('|'), detailed) ?? throw new Xunit.Sdk.XunitException($"Nothing is known about {code}.");

    public sealed class Started : IAsyncLifetime
    {
        internal Cells Cells { get; } = new();

        public async Task InitializeAsync()
        {
            await Cells.RunAsync("using System.Text.Json.Nodes;\n/// <summary>Two times.</summary>\nint Twice(int n) => 2 * n;\nrecord Point(int X, int Y);");
            await Cells.RunAsync("var numbers = new List<int> { 1, 2 };");
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }
}
