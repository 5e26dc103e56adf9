using Lab.Abstractions;
using Lab.Extensions.Formatters;
using Lab.Extensions.Magics;
using Lab.Papers;
using Lab.Runtime;

namespace Lab.Extensions.Tests.Magics;

public sealed class MagicTests
{
    private const string ParametersCell = """
        #!params
        int epochs = 6;            // 1..50: passes over the training images
        string family = "CCT";     // ViTLite | CVT | CCT: model family
        int? trainSize = null;     // 500..50000: training images; null: what the profile says
        """;

    private readonly FakeNotebook notebook = new();
    private readonly LabExtension extension = new();

    [Fact]
    public async Task Lab_shows_the_runtime_report()
    {
        await notebook.RunAsync(extension, "#!lab");
        Assert.Equal(Environment.Version.ToString(), Assert.IsType<RuntimeReport>(Assert.Single(notebook.Displays)).DotNet);
    }

    [Fact]
    public async Task Paper_shows_the_card()
    {
        await notebook.RunAsync(extension, "#!paper zett");
        Assert.Equal("Zero-Shot Tokenizer Transfer", Assert.IsType<Paper>(Assert.Single(notebook.Displays)).Title);
    }

    [Fact]
    public async Task An_unknown_paper_is_answered_with_the_closest_slugs() =>
        Assert.Contains("compact-transformers", (await FailsAsync("#!paper compact-transformer")).Message);

    [Theory]
    [InlineData("#!lab now")]
    [InlineData("#!paper")]
    [InlineData("#!paper a b")]
    [InlineData("#!source")]
    [InlineData("#!params 3")]
    public async Task Wrong_use_names_the_usage(string cell) => Assert.Contains("Usage: ", (await FailsAsync(cell)).Message);

    [Fact]
    public async Task Params_runs_the_cell_and_then_shows_its_declarations()
    {
        await notebook.RunAsync(extension, ParametersCell, () =>
        {
            Assert.Empty(notebook.Displays);
            Declare();
        });
        Assert.Equal(
            """
            parameter  value  default  type    range                meaning
            ---------  -----  -------  ------  -------------------  --------------------------------------------
            epochs     6      6        int     1..50                passes over the training images
            family     "CCT"  "CCT"    string  ViTLite | CVT | CCT  model family
            trainSize  null   null     int?    500..50000           training images; null: what the profile says
            """, Shown.Text(Assert.Single(notebook.Displays)));
    }

    [Fact]
    public async Task A_value_from_outside_is_marked_in_the_declaring_cell_and_later()
    {
        notebook.Injected["epochs"] = "10";
        await notebook.RunAsync(extension, ParametersCell, Declare);
        Assert.Contains("10 (set from outside)", Shown.Text(notebook.Displays[0]));

        notebook.Set("epochs", 10);
        await notebook.RunAsync(extension, "#!params");
        Assert.Contains("10 (set from outside)", Shown.Text(notebook.Displays[1]));
        Assert.Contains("class=\"accent\"", Shown.Html(notebook.Displays[1]));
    }

    [Fact]
    public async Task Alone_in_a_later_cell_params_shows_present_values_and_what_is_out_of_range()
    {
        await notebook.RunAsync(extension, ParametersCell, Declare);
        notebook.Set("epochs", 99);
        notebook.Set("family", "GPT");
        await notebook.RunAsync(extension, "#!params");
        var text = Shown.Text(notebook.Displays[1]);
        Assert.Contains("99 (outside its range)", text);
        Assert.Contains("\"GPT\" (outside its range)", text);
    }

    [Fact]
    public async Task Params_without_declarations_says_where_to_put_it() =>
        Assert.Contains("first line of the cell", (await FailsAsync("#!params")).Message);

    [Fact]
    public async Task Source_shows_a_member_with_its_comment_and_place()
    {
        await notebook.RunAsync(extension, "#!source Pictures.HeatMap");
        var listing = Assert.IsType<SourceListing>(Assert.Single(notebook.Displays));
        var piece = Assert.Single(listing.Pieces);
        Assert.Equal("src/Lab/Plots/Pictures.cs", piece.Path);
        Assert.StartsWith("/// <summary>A matrix in the colours of viridis", piece.Code);
        Assert.Contains("\npublic static byte[] HeatMap(Tensor matrix, int scale = 1)\n{\n    if", piece.Code);
        Assert.Contains("<span class=\"k\">public</span>", Shown.Html(listing));
    }

    [Fact]
    public async Task Source_shows_a_type_by_short_or_full_name()
    {
        await notebook.RunAsync(extension, "#!source Pictures");
        await notebook.RunAsync(extension, "#!source Lab.Plots.Pictures");
        Assert.Equal(Shown.Text(notebook.Displays[0]), Shown.Text(notebook.Displays[1]));
        Assert.Contains("public static class Pictures", Shown.Text(notebook.Displays[0]));
    }

    [Fact]
    public async Task An_unknown_name_is_answered_with_the_closest() =>
        Assert.Contains("Pictures.HeatMap", (await FailsAsync("#!source Pictures.Heatmaps")).Message);

    [Fact]
    public void A_name_of_several_things_finds_all_of_them_and_overloads_are_one()
    {
        var index = new SourceIndex([("a.cs", "namespace N; class A { int F() => 1; int F(int x) => x; int this[int i] => i; } partial class P { } partial class P { int x, y; }"), ("b.cs", "namespace N { class B { void F() { } enum E { One } } }")]);
        Assert.Equal(["N.A.F", "N.A.F", "N.B.F"], index.Find("F").Select(d => d.Name));
        Assert.Equal(["N.A.F", "N.A.F"], index.Find("A.F").Select(d => d.Name));
        Assert.Equal(2, index.Find("P").Count);
        Assert.Equal("N.B.E.One", Assert.Single(index.Find("E.One")).Name);
        Assert.Equal("N.P.y", Assert.Single(index.Find("P.y")).Name);
        Assert.Empty(index.Find("ictures"));
    }

    private async Task<MagicException> FailsAsync(string cell) =>
        await Assert.ThrowsAsync<MagicException>(() => notebook.RunAsync(extension, cell));

    private void Declare()
    {
        notebook.Set("epochs", 6);
        notebook.Set("family", "CCT");
        notebook.Set("trainSize", null, typeof(int?));
    }
}
