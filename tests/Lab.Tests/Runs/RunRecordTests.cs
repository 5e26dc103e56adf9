using CsCheck;
using Lab.Papers;
using Lab.Runs;

namespace Lab.Tests.Runs;

public sealed class RunRecordTests
{
    [Fact]
    public void A_record_survives_its_json()
    {
        var run = SomeRuns.Run("a") with { Message = "line 1\nline 2" };
        var read = RunRecord.Parse(run.ToJson().ToJsonString());
        Assert.Equal(run.ToJson().ToJsonString(), read.ToJson().ToJsonString());
        Assert.Equal((run.Started, run.Message, "1 hold, 1 reported", "quick"), (read.Started, read.Message, read.ClaimCounts, read.Profile));
        Assert.Equal([3, 2, double.NaN], read.Curves[0].Values);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("{\"id\": 1}")]
    public void What_is_no_record_is_told_as_such(string json) => Assert.Throws<FormatException>(() => RunRecord.Parse(json));

    [Fact]
    public void Claims_survive_their_json_with_their_verdicts() => Gen.Select(Gen.String[1, 5], Gen.Double.Array[0, 4], Gen.Int[-1, 2], Gen.Bool).Array[0, 4].Sample(items =>
    {
        var claims = new Claims("toy", [.. items.DistinctBy(item => item.Item1).Select(item => new Claim(item.Item1, "x", item.Item2, "points")
        {
            Required = item.Item3 < 0 ? null : item.Item3,
            NotReproduced = item is (_, _, >= 0, true) ? "small" : null,
        })]);
        var read = ClaimsJson.Read(ClaimsJson.Write(claims));
        Assert.Equal(claims.Items.Select(claim => (claim.Name, claim.Required, claim.Verdict, claim.SeedsHeld)), read.Items.Select(claim => (claim.Name, claim.Required, claim.Verdict, claim.SeedsHeld)));
    });

    [Fact]
    public void A_curve_has_as_many_values_as_steps() => Assert.Throws<ArgumentException>(() => new Curve("a", Curve.Loss, [1, 2], [1]));
}
