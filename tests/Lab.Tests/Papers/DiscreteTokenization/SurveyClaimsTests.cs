using Lab.ImageTokenizers;
using Lab.Papers;
using Lab.Papers.DiscreteTokenization;
using Lab.Quantization;

namespace Lab.Tests.Papers.DiscreteTokenization;

/// <summary>What the claims make of numbers that are given.</summary>
public sealed class SurveyClaimsTests : IDisposable
{
    private readonly ImageTokenizer tokenizer = new(new("tiny", 8, 4, TokenizerFamily.Patch, [8], 1, 2), () => new IdentityBottleneck(), seed: 1);

    public void Dispose() => tokenizer.Dispose();

    [Fact]
    public void Numbers_as_the_survey_has_them_hold_and_margins_are_theirs()
    {
        var claims = Claims();
        Assert.All(claims.Items, claim => Assert.Equal(claim.NotReproduced is null ? Verdict.Holds : Verdict.HoldsNow, claim.Verdict));
        Assert.Equal(
            ["Random anchors find facts as well as the nearest ones", "Soft-to-hard has the largest gap between training and evaluation"],
            claims.Items.Where(claim => claim.NotReproduced is not null).Select(claim => claim.Name));
        Assert.Equal(0.85 - 0.05 / 0.08, Margin(claims, "AQ's error"), 9);
        Assert.Equal(0.8 - 0.08 / 0.16, Margin(claims, "RVQ's error"), 9);
        Assert.Equal(5, Margin(claims, "Recall@1"), 9);
        Assert.Equal(90, Margin(claims, "Naive VQ leaves"), 9);
        Assert.Equal(9, Margin(claims, "k-means and revival"), 9);
        Assert.Equal(3, Margin(claims, "They reconstruct"), 9);
        Assert.Equal(4, Margin(claims, "FSQ and BSQ have"), 9);
        Assert.Equal(0.5, Margin(claims, "FSQ reconstructs no worse"), 9);
        Assert.Equal(0.1, Margin(claims, "The error falls"), 9);
        Assert.Equal(0.1, Margin(claims, "Each stage removes less"), 9);
        Assert.Equal(0.05, Margin(claims, "Random anchors find"), 9);
        Assert.Equal(0.3, Margin(claims, "Relations alone"), 9);
        Assert.Equal(1.5, Margin(claims, "Soft-to-hard"), 9);
    }

    [Fact]
    public void A_number_that_contradicts_fails_its_claim_alone()
    {
        Assert.Equal(["AQ's error is at most 0.85 of RVQ's at equal bits"], Failing(Claims(additive: 0.07)));
        Assert.Equal(["Relations alone are the worst"], Failing(Claims(relations: 0.61)));
        Assert.Equal(["They reconstruct at least 1 dB better"], Failing(Claims(revivedPsnr: 17.5, rotationPsnr: 17.4)));
        Assert.Equal(["The rotation trick reconstructs no worse than straight-through by more than 0.5 dB"], Failing(Claims(rotationPsnr: 19)));
        Assert.Equal(["Each stage removes less of the variance than the one before"], Failing(Claims(secondStage: 0.45)));
        Assert.Contains(Claims(softGap: 0.2).Items, claim => claim.Verdict == Verdict.NotReproduced);
        Assert.Empty(Failing(Claims(softGap: 0.2)));
    }

    private static IEnumerable<string> Failing(Claims claims) => claims.Items.Where(claim => claim.Verdict == Verdict.Fails).Select(claim => claim.Name);

    private static double Margin(Claims claims, string start) => Assert.Single(claims.Items, claim => claim.Name.StartsWith(start)).Margins.Single();

    private Claims Claims(
        double additive = 0.05, double relations = 0.3, double revivedPsnr = 20, double rotationPsnr = 20.1, double secondStage = 0.3, double softGap = 2)
    {
        VectorScore Vector(string name, double error, double recall) => new(name, 0, 24, error, recall, 1, 0);
        GraphScore Graph(string name, double mrr, double entropy, double jaccard) => new(name, 0, null, 1, mrr, entropy, jaccard);
        VectorRun vectors = new("clusters", VectorComparison.Bits24, 0, [Vector("PQ", 0.16, 0.3), Vector("RVQ", 0.08, 0.4), Vector("AQ", additive, 0.45)], [1, 0.6, secondStage, 0.1, 0]);
        TokenizerRun[] runs =
        [
            Run(TokenizerArm.NaiveVq, 17, usage: 0.1, perplexity: 20), Run(TokenizerArm.RevivedVq, revivedPsnr, usage: 0.9), Run(TokenizerArm.Fsq, 19, perplexity: 80), Run(TokenizerArm.Bsq, 18.5, perplexity: 200),
            Run(TokenizerArm.Lfq, 18), Run(TokenizerArm.Rotation, rotationPsnr), Run(TokenizerArm.Directional, 20, gap: 0.1), Run(TokenizerArm.Gumbel, 20, gap: 0.5), Run(TokenizerArm.SoftToHard, 19, gap: softGap),
        ];
        GraphRun graph = new(0, TorusGraph.Draw(9, 1), [Graph("table", 0.7, double.NaN, double.NaN), Graph("nearest anchors", 0.6, 8, 0.5), Graph("random anchors", 0.65, 8, 0.6), Graph("relations only", relations, 7, 0.4)]);
        return new SurveyResults(true, [vectors], new(runs, new(0, 1, 2)), new([]), [graph]).Claims();
    }

    private TokenizerRun Run(TokenizerArm arm, double psnr, double usage = 0.5, double perplexity = 100, double gap = 0) =>
        new(arm, 0, tokenizer, [], new(psnr, 0.5, 0.1, 10, new CodebookUse(usage, perplexity, Math.Log2(perplexity), 0), 5, 0.6), gap, 0, 0);
}
