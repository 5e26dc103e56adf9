using System.Net;
using System.Text.RegularExpressions;
using CsCheck;
using Lab.Syntax;

namespace Kernel.Tests.Syntax;

public partial class CSharpMarkupTests
{
    [Theory]
    [InlineData("var", "k")]
    [InlineData("await", "k")]
    [InlineData("&quot;a&lt;b&quot;", "s")]
    [InlineData("42", "n")]
    [InlineData("// why", "c")]
    [InlineData("CctOptions", "t")]
    [InlineData("TrainAsync", "m")]
    [InlineData("#!time", "p")]
    public void Each_kind_of_token_has_its_class(string text, string cssClass)
    {
        var html = CSharpMarkup.ToHtml("#!time\nvar run = await lab.TrainAsync(new CctOptions(42), \"a<b\"); // why");
        Assert.Contains($"<span class=\"{cssClass}\">{text}</span>", html);
    }

    [Fact]
    public void Plain_names_and_operators_carry_no_span() =>
        Assert.Equal("a = b &lt; c", CSharpMarkup.ToHtml("a = b < c"));

    [Theory]
    [InlineData("#!paper compact-transformers")]
    [InlineData("#!time\nx.Display();\n#!source A.B<C>")]
    [InlineData("#!markdown\n# Don't <panic> & \"quote\"\n```\ncode {")]
    [InlineData("#if A\nint a;\n#else\nint b;\n#endif")]
    [InlineData("/// <summary>x</summary>\nint F() => 1; /* a\nb */")]
    [InlineData("$\"\"\"\n  {x:F2} <b>\n  \"\"\"")]
    [InlineData("int x = ;;; }}} ((( é 😀 'ab")]
    [InlineData("")]
    public void Without_its_tags_the_markup_is_the_code(string code) => Assert.Equal(code, WithoutTags(CSharpMarkup.ToHtml(code)));

    [Fact]
    public void Any_text_survives_and_brings_no_markup_of_its_own() =>
        Gen.OneOf(Gen.Const("\n"), Gen.Const("#!x "), Gen.Const("\""), Gen.Const("$\""), Gen.Const("<script>"), Gen.Const("{"), Gen.Const("}"),
                Gen.Const("class A"), Gen.Const("//"), Gen.Const("/*"), Gen.Const("&amp;"), Gen.Const("1e"), Gen.Const("é"), Gen.Const("F(x)"))
            .Array[0, 12].Select(string.Concat)
            .Sample(code => Assert.Equal(code, WithoutTags(CSharpMarkup.ToHtml(code))), iter: 2000);

    private static string WithoutTags(string html) => WebUtility.HtmlDecode(Tag().Replace(html, ""));

    [GeneratedRegex("<span class=\"[kscntmp]\">|</span>")]
    private static partial Regex Tag();
}
