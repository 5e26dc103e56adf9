using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Papers;
using Lab.Papers.TokenBridge;
using Lab.Papers.TokenBridge.Priors;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TokenBridge;

/// <summary>What the claims make of numbers that are given.</summary>
public sealed class TokenBridgeClaimsTests : IDisposable
{
    private readonly ImageTokenizer tokenizer = new(new("tiny", 8, 4, TokenizerFamily.Patch, [8], 1, 2), () => new IdentityBottleneck(), seed: 1);
    private readonly Tensor picture = zeros(1, 3, 8, 8);

    public void Dispose()
    {
        tokenizer.Dispose();
        picture.Dispose();
    }

    [Fact]
    public void Numbers_as_the_paper_has_them_reach_every_margin_and_margins_are_theirs()
    {
        var claims = Claims();
        Assert.DoesNotContain(claims.Items, claim => claim.Verdict is Verdict.Fails or Verdict.NotReproduced);
        Assert.Equal(0.1, Margin(claims, "PSNR falls"), 9);
        Assert.Equal(4 - 3, Margin(claims, "B = 64 adds"), 6);
        Assert.Equal(40 - 5 * 3, Margin(claims, "B = 8 adds"), 6);
        Assert.Equal(0.05, Margin(claims, "The error of the latents"), 9);
        Assert.Equal(0.5, Margin(claims, "PSNR rises"), 9);
        Assert.Equal(1.5, Margin(claims, "Quantized after training"), 9);
        Assert.Equal(10, Margin(claims, "One channel after"), 6);
        Assert.Equal(20, Margin(claims, "The same with 16"), 6);
        Assert.Equal(20, Margin(claims, "Its pictures"), 6);
        Assert.Equal(1, Margin(claims, "Two channels"), 6);
        Assert.Equal(2, Margin(claims, "Nats saved"), 6);
        Assert.Equal(5, Margin(claims, "The head that goes"), 6);
        Assert.Equal(0, Margin(claims, "Its gFD"), 6);
    }

    [Fact]
    public void A_number_that_contradicts_misses_its_claim_alone()
    {
        Assert.Equal(["One channel after"], Missed(Claims(autoregressive: 1.9)));
        Assert.Equal(["Two channels"], Missed(Claims(grouped: 1.9)));
        Assert.Equal(["Its pictures"], Missed(Claims(gFd: 19)));
        Assert.Equal(["Quantized after training"], Missed(Claims(book: 22.5)));

        static string[] Missed(Claims claims) =>
            [.. claims.Items.Where(claim => claim.Required is not null && claim.SeedsHeld < claim.Margins.Count).Select(claim => claim.Name.StartsWith("Quantized after training") ? "Quantized after training" : string.Join(' ', claim.Name.Split(' ')[..(claim.Name.StartsWith("One") ? 3 : 2)]))];
    }

    private static double Margin(Claims claims, string start) => Assert.Single(claims.Items, claim => claim.Name.StartsWith(start)).Margins.Single();

    private Claims Claims(double autoregressive = 1.8, double grouped = 2.02, double gFd = 16, double book = 21.5)
    {
        TokenizerScore Score(double psnr) => new(psnr, 0.5, 0.1, 5, null, null, 1);
        TrainedTokenizer Trained(double psnr) => new("tiny", tokenizer, [], Score(psnr), 1, "", false);
        QuantizationPoint Point(int levels, double range, double latent, double added, double psnr) => new(ScalarTable.Gaussian, levels, range, latent, 1 + added, psnr, 1);
        QuantizationSweep sweep = new(1, 23.1,
        [
            Point(64, 5, 0.01, 0.03, 23), Point(32, 5, 0.02, 0.1, 22.9), Point(16, 5, 0.03, 0.2, 22.8), Point(8, 5, 0.04, 0.4, 22.7), Point(4, 5, 0.05, 0.8, 22.6),
            Point(64, 2, 0.16, 1, 21.5), Point(64, 3, 0.11, 1, 22), Point(64, 4, 0.06, 1, 22.5),
        ]);
        BridgeRun run = new(0, Trained(23.1), Trained(book), new(1, [0], [1], 3, 4), sweep, new Dictionary<int, TokenizerScore> { [64] = Score(23) }, new([0], [1]));
        PriorRun[] priors =
        [
            Prior(HeadKind.Parallel, 64, 2, 20), Prior(HeadKind.Autoregressive, 64, autoregressive, gFd), Prior(HeadKind.Autoregressive, 64, 0.98 * autoregressive, 16, byFrequency: true),
            Prior(HeadKind.Parallel, 16, 2.5, 16), Prior(HeadKind.Autoregressive, 16, 2, 16), Prior(HeadKind.Autoregressive, 16, grouped, 16, group: 2), Prior(HeadKind.Diffusion, 0, double.NaN, gFd, cost: 5),
        ];
        return new TokenBridgeResults(true, new([run], new(0, 1, 2)), new([.. priors], [])).Claims();
    }

    private PriorRun Prior(HeadKind kind, int levels, double nats, double gFd, int group = 1, bool byFrequency = false, double cost = 1) =>
        new(new($"{kind} {levels} {group} {byFrequency}", kind, levels) { Group = group, ByFrequency = byFrequency }, 0, new Fixed(cost), nats, new(gFd, 0.5, 1, 2), picture, new([], false), 1);

    private sealed class Fixed(double cost) : TrainedPrior
    {
        public override long HeadParameters => 1;

        public override double FlopsPerPosition => cost;

        public override double Nats(LatentGrids test) => 0;

        public override Tensor Sample(Tensor labels, MaskedSampling sampling, CancellationToken cancellation = default) => throw new NotSupportedException();

        public override IReadOnlyList<Tensor> Stages(Tensor labels, MaskedSampling sampling) => throw new NotSupportedException();
    }
}
