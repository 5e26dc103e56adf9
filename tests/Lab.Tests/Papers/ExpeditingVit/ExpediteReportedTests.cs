using Lab.Papers.ExpeditingVit;

namespace Lab.Tests.Papers.ExpeditingVit;

public sealed class ExpediteReportedTests
{
    [Fact]
    public void The_formula_gives_the_reported_operations()
    {
        double[] counted = [656.85, 527.72, 442.19, 308.17, 990.76, 687.34, 250.38];
        Assert.Equal(counted.Length, ExpediteReported.All.Count);
        foreach (var (row, expected) in ExpediteReported.All.Zip(counted))
        {
            Assert.Equal(expected, row.CountedGigaMacs, 0.006);
            Assert.InRange(row.CountedGigaMacs / row.GigaFlops, 0.994, 1);
        }
    }
}
