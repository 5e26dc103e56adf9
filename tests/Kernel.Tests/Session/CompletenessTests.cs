using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

public sealed class CompletenessTests
{
    private static readonly CSharpSession session = new(new SessionOptions());

    [Theory]
    [InlineData("")]
    [InlineData("var a = 1;\na + 1")]
    [InlineData("class A { }")]
    [InlineData("#!lsmagic")]
    [InlineData("#!markdown\nSome (prose {")]
    [InlineData("#r \"some.dll\"\nvar a = 1;")]
    [InlineData("not_declared_anywhere.Call()")]
    public void Complete_is_what_can_run_as_it_stands(string code) => Assert.Equal(new Completeness(CompletenessStatus.Complete), session.CheckComplete(code));

    [Theory]
    [InlineData("1 +", 0)]
    [InlineData("/* a comment", 0)]
    [InlineData("if (true) {", 4)]
    [InlineData("#!csharp\r\nif (true) {", 4)]
    [InlineData("class A {\n    void F() {", 8)]
    [InlineData("Math.Max(1,", 4)]
    public void Incomplete_is_what_more_lines_can_complete_indented_by_the_open_brackets(string code, int indent) =>
        Assert.Equal(new Completeness(CompletenessStatus.Incomplete, new string(' ', indent)), session.CheckComplete(code));

    [Theory]
    [InlineData("var x = = 2;")]
    [InlineData("class 1 { }")]
    [InlineData("#!csharp\nvar x = = 2;")]
    public void Invalid_is_what_no_further_line_makes_right(string code) => Assert.Equal(CompletenessStatus.Invalid, session.CheckComplete(code).Status);

    [Fact]
    public void Unknown_is_what_stands_below_an_unknown_magic() => Assert.Equal(CompletenessStatus.Unknown, session.CheckComplete("#!nobody_knows\n(").Status);
}
