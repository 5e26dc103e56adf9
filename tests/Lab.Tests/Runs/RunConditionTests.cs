using Lab.Runs;

namespace Lab.Tests.Runs;

public sealed class RunConditionTests
{
    [Theory]
    [InlineData("notebook=toy", true)]
    [InlineData("notebook!=toy", false)]
    [InlineData("lr=1e-1", true)] // as numbers
    [InlineData("lr>0.1", false)]
    [InlineData("lr>=0.1", true)]
    [InlineData("lr<0.25", true)]
    [InlineData("lr<=0.05", false)]
    [InlineData("seconds>9", true)] // 12.5, not "12.5" before "9"
    [InlineData("started>2026-01-01", true)]
    [InlineData("commit=abc", true)]
    [InlineData("epochs=3", false)] // which this run does not have
    [InlineData("epochs!=3", true)]
    [InlineData("status=Succeeded", true)]
    public void A_condition_looks_at_own_names_parameters_and_the_environment(string text, bool holds) =>
        Assert.Equal(holds, RunCondition.Parse(text).Holds(SomeRuns.Run("a")));

    [Theory]
    [InlineData("notebook")]
    [InlineData("=toy")]
    [InlineData("lr>")]
    [InlineData("1r=2")]
    public void What_is_no_condition_is_refused(string text) => Assert.Contains(text, Assert.Throws<FormatException>(() => RunCondition.Parse(text)).Message);
}
