using Lab.Syntax;

namespace Kernel.Tests.Syntax;

public class DeclarationsTests
{
    [Fact]
    public void A_parameters_cell_gives_names_types_values_ranges_choices_and_meanings()
    {
        var parameters = Declarations.Parse("""
            #!params
            // How much to train
            int epochs = 6;            // 1..50: passes over the training images
            double rate = 5e-4;        // 1e-5..1e-2: learning rate
            string family = "CCT";     // ViTLite | CVT | CCT: model family
            int? trainSize = null;     // 500..50_000: training images; null: what the profile says
            string profile = "quick";  // quick | full
            bool verbose = false;      // say: more
            long seed;
            """);

        Assert.Equal(["epochs", "rate", "family", "trainSize", "profile", "verbose", "seed"], parameters.Select(p => p.Name));
        Assert.Equal(["int", "double", "string", "int?", "string", "bool", "long"], parameters.Select(p => p.Type));
        Assert.Equal(["6", "5e-4", "\"CCT\"", "null", "\"quick\"", "false", null], parameters.Select(p => p.Initializer));

        Assert.Equal(new ParameterRange(1, 50, "1..50"), parameters[0].Range);
        Assert.Equal("passes over the training images", parameters[0].Meaning);
        Assert.Equal(1e-5, parameters[1].Range!.Minimum);
        Assert.Equal(["ViTLite", "CVT", "CCT"], parameters[2].Choices);
        Assert.Equal(50_000, parameters[3].Range!.Maximum);
        Assert.Equal("training images; null: what the profile says", parameters[3].Meaning);
        Assert.Equal(["quick", "full"], parameters[4].Choices);
        Assert.Equal("", parameters[4].Meaning);
        Assert.Equal("say: more", parameters[5].Meaning);
        Assert.Empty(parameters[5].Choices);
        Assert.Null(parameters[5].Range);
    }

    [Fact]
    public void A_nullable_type_has_a_core_type()
    {
        var parameter = Assert.Single(Declarations.Parse("int? n = null;"));
        Assert.True(parameter.IsNullable);
        Assert.Equal("int", parameter.CoreType);
    }

    [Theory]
    [InlineData("var x = 3;", "int")]
    [InlineData("var x = -3L;", "long")]
    [InlineData("var x = 0.5;", "double")]
    [InlineData("var x = 0.5f;", "float")]
    [InlineData("var x = \"a\";", "string")]
    [InlineData("var x = true;", "bool")]
    [InlineData("var x = Make();", "var")]
    public void The_type_of_var_is_that_of_its_literal(string code, string type) =>
        Assert.Equal(type, Assert.Single(Declarations.Parse(code)).Type);

    [Fact]
    public void A_bar_inside_prose_is_no_list_of_choices() =>
        Assert.Empty(Assert.Single(Declarations.Parse("int a = 1; // use this | or that one")).Choices);

    [Fact]
    public void Variables_of_one_declaration_share_its_comment()
    {
        var both = Declarations.Parse("int width = 32, height = 32; // 8..64: pixels");
        Assert.Equal(["width", "height"], both.Select(p => p.Name));
        Assert.All(both, p => Assert.Equal("8..64", p.Range!.Text));
    }

    [Fact]
    public void Variables_inside_blocks_and_methods_are_no_parameters() =>
        Assert.Empty(Declarations.Parse("if (true) { int a = 1; } void F() { int b = 2; } class C { int c = 3; }"));
}
