using Lab.Papers;

namespace Lab.Tests.Training;

public sealed class ClaimsTests
{
    private static Claim Ahead(params double[] margins) => new("CCT beats ViT-Lite", "94.8 / 91.4 %", margins, "points");

    [Theory]
    [InlineData(new[] { 5.0, 4.0, 9.0 }, null, Verdict.Holds)]
    [InlineData(new[] { 5.0, 3.9, 9.0 }, null, Verdict.Fails)] // all seeds when none are named
    [InlineData(new[] { 5.0, 3.9, 9.0 }, 2, Verdict.Holds)]
    [InlineData(new[] { 5.0, double.NaN, double.NaN }, 2, Verdict.Fails)]
    [InlineData(new[] { double.NaN }, null, Verdict.Fails)]
    [InlineData(new[] { double.PositiveInfinity }, null, Verdict.Holds)]
    [InlineData(new double[0], null, Verdict.Fails)]
    [InlineData(new double[0], 1, Verdict.Fails)]
    [InlineData(new[] { 5.0 }, 2, Verdict.Fails)] // too few seeds were run
    public void The_verdict_counts_the_seeds_that_reach_the_margin(double[] margins, int? seeds, Verdict expected)
    {
        Assert.Equal(expected, (Ahead(margins) with { Required = 4, SeedsRequired = seeds }).Verdict);
    }

    [Fact]
    public void A_declared_finding_does_not_fail_and_says_so_when_it_holds_again()
    {
        Assert.Equal(Verdict.NotReproduced, (Ahead(1) with { Required = 4, NotReproduced = "too few samples" }).Verdict);
        Assert.Equal(Verdict.NotReproduced, (Ahead() with { Required = 4, NotReproduced = "too few samples" }).Verdict);
        Assert.Equal(Verdict.HoldsNow, (Ahead(5) with { Required = 4, NotReproduced = "too few samples" }).Verdict);
    }

    [Fact]
    public void Without_a_required_margin_numbers_are_reported_and_no_seed_is_said_to_reach_it()
    {
        Assert.Equal(Verdict.Reported, Ahead(double.NaN).Verdict);
        Assert.Equal(0, Ahead(5).SeedsHeld);
    }

    [Fact]
    public void A_margin_of_zero_may_be_required_and_negative_margins_reached() =>
        Assert.Equal(Verdict.Holds, (Ahead(-0.5, 0) with { Required = -1 }).Verdict);

    [Fact]
    public void Claims_that_cannot_be_judged_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Ahead(1) with { Required = double.NaN });
        Assert.Throws<ArgumentException>(() => Ahead(1) with { SeedsRequired = 0 });
        Assert.Throws<ArgumentException>(() => Ahead(1) with { NotReproduced = " " });
        Assert.Throws<ArgumentException>(() => new Claims("p", [Ahead(1) with { NotReproduced = "small" }]));
        Assert.Throws<ArgumentException>(() => new Claims("p", [Ahead(1) with { SeedsRequired = 2 }]));
        Assert.Contains("'CCT beats ViT-Lite'", Assert.Throws<ArgumentException>(() => new Claims("p", [Ahead(1), Ahead(2)])).Message);
        Assert.Equal(2, new Claims("p", [Ahead(1), Ahead(2) with { Name = "CCT beats CVT" }]).Items.Count);
    }
}
