using Lab.Kernel.Running;
using static Kernel.Tests.Notebooks.TestNotebook;

namespace Kernel.Tests.Running;

public class ParameterInjectionTests
{
    private const string Cell = """
        int epochs = 6;            // 1..50: passes
        long steps = 1;
        double rate = 5e-4;        // 1e-5..1e-2
        float drop = 0.1f;
        decimal price = 1;
        bool ema = false;
        string family = "CCT";     // ViTLite | CVT | CCT: model family
        string name = "";
        string? note = null;
        int? trainSize = null;     // 500..50000: training images
        int patch = 8;             // 4 | 8 | 16
        DateTime date = DateTime.Now;
        """;

    [Theory]
    [InlineData("epochs", "10", "10")]
    [InlineData("epochs", "50", "50")]
    [InlineData("steps", "10", "10L")]
    [InlineData("steps", "-3", "-3L")]
    [InlineData("rate", "0.001", "0.001")]
    [InlineData("rate", "1e-5", "1E-05")]
    [InlineData("drop", "0.5", "0.5F")]
    [InlineData("price", "1.5", "1.5M")]
    [InlineData("ema", "True", "true")]
    [InlineData("family", "CVT", "\"CVT\"")]
    [InlineData("name", "a \"b\"\n=c", "\"a \\\"b\\\"\\n=c\"")]
    [InlineData("name", "null", "\"null\"")]
    [InlineData("note", "null", "null")]
    [InlineData("trainSize", "null", "null")]
    [InlineData("trainSize", "500", "500")]
    [InlineData("patch", "16", "16")]
    public void A_value_becomes_a_literal_of_the_declared_type(string name, string text, string literal)
    {
        var notebook = Of(Code(Cell, "parameters"), Code("next"));
        Assert.Equal(literal, ParameterInjection.Apply(notebook, new Dictionary<string, string> { [name] = text })[name]);

        Assert.Equal([Cell, $"// Parameters\n{name} = {literal};", "next"], notebook.Cells.Select(c => c.Source));
        Assert.Equal(["injected-parameters"], notebook.Cells[1].Tags);
    }

    [Theory]
    [InlineData("epoch", "10", "no parameter 'epoch'. It has: epochs, steps, rate,")]
    [InlineData("epochs", "ten", "expects a value of type int (passes)")]
    [InlineData("epochs", "1.5", "expects a value of type int")]
    [InlineData("epochs", "99999999999", "expects a value of type int")]
    [InlineData("epochs", "0", "must be within 1..50")]
    [InlineData("epochs", "null", "expects a value of type int")]
    [InlineData("rate", "0.5", "must be within 1e-5..1e-2")]
    [InlineData("rate", "NaN", "expects a value of type double")]
    [InlineData("rate", "1,5", "expects a value of type double")]
    [InlineData("ema", "yes", "expects a value of type bool")]
    [InlineData("family", "cct", "must be one of ViTLite, CVT, CCT (model family)")]
    [InlineData("trainSize", "499", "must be within 500..50000")]
    [InlineData("trainSize", "", "expects a value of type int?")]
    [InlineData("patch", "12", "must be one of 4, 8, 16")]
    [InlineData("date", "2026-01-01", "its type is DateTime")]
    public void A_name_or_value_that_does_not_fit_is_refused_and_changes_nothing(string name, string text, string reason)
    {
        var notebook = Of(Code(Cell, "parameters"));
        var error = Assert.Throws<ParameterException>(() => ParameterInjection.Apply(notebook, new Dictionary<string, string> { [name] = text }));
        Assert.Contains(reason, error.Message);
        Assert.Single(notebook.Cells);
    }

    [Fact]
    public void The_cell_of_an_earlier_run_is_replaced()
    {
        var notebook = Of(Markdown("# Title"), Code("int a = 1;", "parameters"), Code("a = 2;", "injected-parameters"), Code("a"));
        ParameterInjection.Apply(notebook, new Dictionary<string, string> { ["a"] = "3" });
        Assert.Equal(["# Title", "int a = 1;", "// Parameters\na = 3;", "a"], notebook.Cells.Select(c => c.Source));
    }

    [Fact]
    public void Without_parameters_the_notebook_stays_as_it_is()
    {
        var notebook = Of(Code("int a = 1;", "parameters"), Code("a = 2;", "injected-parameters"));
        var before = notebook.ToBytes();
        ParameterInjection.Apply(notebook, new Dictionary<string, string>());
        Assert.Equal(before, notebook.ToBytes());
    }

    [Fact]
    public void A_notebook_without_a_parameters_cell_takes_none()
    {
        var error = Assert.Throws<ParameterException>(() =>
            ParameterInjection.Apply(Of(Code("int a = 1;")), new Dictionary<string, string> { ["a"] = "2" }));
        Assert.Contains("no cell with tag 'parameters'", error.Message);
    }
}
