using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge;
using Lab.Papers.TokenBridge.Priors;
using Lab.Quantization;
using Lab.Training;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.TokenBridge;

public sealed class TokenBridgeExperimentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;

    private static readonly TokenizerConfig config = new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 4);

    private static readonly TokenBridgeExperiment quick = TokenBridgeExperiment.Quick with
    {
        Config = config,
        Recipe = new(2, 8) { CurvePoints = 1 },
        Pictures = 16,
        PriorPictures = 24,
        Prior = Small(TokenBridgeExperiment.Quick.Prior) with { Raster = new(8, 1, 2) },
    };

    private static readonly TokenBridgeExperiment full = TokenBridgeExperiment.Full with
    {
        Config = config,
        Recipe = quick.Recipe,
        Pictures = 16,
        PriorPictures = 24,
        Prior = Small(TokenBridgeExperiment.Full.Prior) with { Masked = new(8, 1, 2) { Buffer = 2, Dropout = 0 }, Sampling = new() { Steps = 3 } },
    };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private ModelCache Cache => new(folder);

    private ModelCache NoCache => new(Path.Combine(folder, Guid.NewGuid().ToString()));

    [Fact]
    public void Every_head_is_trained_judged_and_shown_and_nothing_stays()
    {
        using var data = Data();
        using var features = new FeatureNet([8], data.Heads);
        Run(full, 13);
        var before = LiveTensors.Settled();
        var parameters = Run(full, 13) + Run(quick, 8);
        Assert.InRange(LiveTensors.Settled() - before, 0, parameters); // TorchSharp 0.107 counts a parameter twice when it is made and once when it is freed

        int Run(TokenBridgeExperiment plan, int claims)
        {
            using var tokenizers = plan.RunTokenizers(data, features, features, [1], cache: NoCache);
            using var priors = plan.RunPriors(data, tokenizers, features, cache: NoCache);
            Assert.Equal(plan.Prior.Arms, priors.Arms);
            Assert.All(priors.Items, run => Assert.Equal(run.Arm.HasTokens, double.IsFinite(run.Nats)));
            Assert.All(priors.Items, run => Assert.Equal([8, 3, 16, 16], run.Samples.shape));
            var judged = new TokenBridgeResults(plan.IsFull, tokenizers, priors).Claims().Items;
            Assert.Equal(claims, judged.Count);
            Assert.Equal(2, judged.Count(claim => claim.Required is null));
            Show(tokenizers, priors, data);
            const int Quantized = 3 + 5; // of the scores and of the strip
            return tokenizers.Items.Sum(run => (1 + Quantized) * Count(run.Continuous.Tokenizer) + Count(run.Book.Tokenizer)) + priors.Owned.SelectMany(arms => arms.Modules).Sum(Count);
        }

        static int Count(nn.Module module) => module.parameters().Count();
    }

    [Fact]
    public void A_seed_gives_the_same_numbers_again()
    {
        using var data = Data();
        using var features = new FeatureNet([8], data.Heads);
        var nats = new List<double[]>();
        foreach (var seed in new long[] { 1, 1, 2 })
        {
            using var tokenizers = full.RunTokenizers(data, features, features, [seed], cache: NoCache);
            using var priors = full.RunPriors(data, tokenizers, features, cache: NoCache);
            nats.Add([.. priors.Items.Where(run => run.Arm.HasTokens).Select(run => run.Nats), .. tokenizers.Items[0].Sweep.Points.Select(point => point.Psnr)]);
        }
        Assert.Equal(nats[0], nats[1]);
        Assert.NotEqual(nats[0], nats[2]);
    }

    [Fact]
    public void Models_come_from_the_cache_with_equal_numbers_until_something_that_decides_them_changes()
    {
        using var data = Data();
        using var features = new FeatureNet([8], data.Heads);
        foreach (var plan in new[] { quick, full })
        {
            var (first, again) = (Run(plan), Run(plan with { Prior = plan.Prior with { Sampling = new() { Steps = 2 } } }));
            Assert.All(first.Cached, Assert.False);
            Assert.All(again.Cached, Assert.True);
            Assert.Equal(first.Numbers, again.Numbers);
            var other = Run(plan with { Prior = plan.Prior with { Steps = 3 } }).Cached;
            Assert.All(other[..2], Assert.True);
            Assert.All(other[2..], Assert.False);
            Assert.All(Run(plan with { KlWeight = 0.02 }).Cached, Assert.False);
        }

        (bool[] Cached, double[] Numbers) Run(TokenBridgeExperiment plan)
        {
            using var tokenizers = plan.RunTokenizers(data, features, features, [1], cache: Cache);
            using var priors = plan.RunPriors(data, tokenizers, features, cache: Cache);
            var run = tokenizers.Items[0];
            return (
                [run.Continuous.FromCache, run.Book.FromCache, .. priors.Items.Select(prior => prior.Training.FromCache)],
                [run.Continuous.Score.Psnr, run.Book.Score.Psnr, run.Sweep[8].Psnr, .. priors.Items.Select(prior => prior.Nats), .. priors.Items.Select(prior => prior.Training.History[^1].Loss)]);
        }
    }

    [Fact]
    public void A_quantizer_put_in_afterwards_leaves_encoder_and_decoder_alone()
    {
        using var scope = NewDisposeScope();
        using var data = Data();
        using var continuous = new ImageTokenizer(config, () => new KlBottleneck(), seed: 1);
        continuous.eval();
        var images = Normalization.Signed.Apply(data.Images.Test.Images.to(ScalarType.Float32) / 255);
        using var fine = PostTrainingBottleneck.Quantize(continuous, new UniformScalarQuantizer(4, 100_000, 100), scale: 2);
        Near.Equal(continuous.call(images).Images, fine.call(images).Images, 1e-2);
        using var coarse = PostTrainingBottleneck.Quantize(continuous, new GaussianScalarQuantizer(4, 4), scale: 2);
        var made = coarse.call(images);
        Assert.True(coarse.Detokenize(made.Codes).equal(made.Images).all().item<bool>());
        Assert.Equal([40, 4, 4, 4], made.Codes.shape);
        Assert.Equal(8, coarse.Bottleneck.BitsPerPosition);

        // What the sweep measures by decoding latents is what the whole tokenizer does.
        using var sweep = new PostTraining(continuous, 2, data.Images.Test, 40);
        using var scorer = new TokenizerScorer(new FeatureNet([8], data.Heads), data.Images.Test);
        Assert.Equal(scorer.Score(coarse).Psnr, sweep.Measure(ScalarTable.Gaussian, 4, 5).Psnr, 1e-3);
        Assert.Equal(scorer.Score(continuous).Psnr, sweep.ContinuousPsnr, 1e-3);
    }

    [Theory]
    [InlineData(64, 5, 0.000656)]
    [InlineData(8, 5, 0.040381)]
    [InlineData(64, 3, 0.003934)]
    public void Theory_expects_what_the_specification_says(int levels, double range, double error) =>
        Assert.Equal(error, PostTraining.NormalError(ScalarTable.Gaussian, levels, range), 0.01 * error);

    [Fact]
    public void Equal_cells_are_cut_at_equal_distances()
    {
        using var quantizer = new UniformScalarQuantizer(1, 4, 2);
        Assert.Equal([-1.5f, -0.5f, 0.5f, 1.5f], quantizer.Values.data<float>());
        Assert.Equal(0.5 * 0.5 / 3, PostTraining.NormalError(ScalarTable.Uniform, 64, 32), 0.01); // cells of width 1: a twelfth
    }

    [Fact]
    public void Channels_that_are_one_share_all_they_have_and_strangers_nothing()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var (a, b) = (randint(4, [40_000], ScalarType.Int64), randint(4, [40_000], ScalarType.Int64));
        var shared = ChannelInformation.Mutual(stack([a, b, 3 - a], 1), 4);
        Assert.Equal(2, shared[0][0], 1e-3);
        Assert.Equal(0, shared[0][1], 1e-3);
        Assert.Equal(2, shared[0][2], 1e-3);
        Assert.Equal(shared[2][1], shared[1][2]);
        Assert.Throws<ArgumentException>(() => ChannelInformation.Mutual(zeros(3), 4));
    }

    [Fact]
    public void A_stop_is_heard_and_other_profiles_are_refused()
    {
        using var data = Data();
        using var features = new FeatureNet([8], data.Heads);
        using var stop = new CancellationTokenSource();
        using var tokenizers = quick.RunTokenizers(data, features, features, [1], cache: NoCache);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => quick.RunTokenizers(data, features, features, [1], cache: NoCache, cancellation: stop.Token));
        Assert.Throws<OperationCanceledException>(() => quick.RunPriors(data, tokenizers, features, cache: NoCache, cancellation: stop.Token));
        Assert.Throws<OperationCanceledException>(() => full.RunPriors(data, tokenizers, features, cache: NoCache, cancellation: stop.Token));
        Assert.Throws<OperationCanceledException>(() => quick.TrainFeatures(data, cache: NoCache, cancellation: stop.Token));
        Assert.Throws<ArgumentException>(() => quick.RunTokenizers(data, features, features, []));
        Assert.Contains("'medium'", Assert.Throws<ArgumentException>(() => TokenBridgeExperiment.Of("medium")).Message);
        Assert.Contains("above 0, got 0", Assert.Throws<ArgumentException>(() => new PostTrainingBottleneck(new GaussianScalarQuantizer(2, 4), 0)).Message);
    }

    private static void Show(BridgeRuns tokenizers, PriorRuns priors, TokenizerData data)
    {
        var run = tokenizers.Items[0];
        Assert.Equal(12, TokenBridgeTables.Levels(tokenizers).Rows.Count);
        Assert.Equal(5, TokenBridgeTables.Tokenizers(tokenizers).Rows.Count);
        Assert.Equal(priors.Arms.Count, TokenBridgeTables.Priors(priors).Rows.Count);
        Assert.Equal(1, TokenBridgeTables.Latents(tokenizers).Rows.Count);
        GenericChart[] charts =
        [
            TokenBridgeFigures.Histogram(run, data.Images.Test, 16, 5), TokenBridgeFigures.Heat(tokenizers), TokenBridgeFigures.RangeError(tokenizers),
            TokenBridgeFigures.Curves(tokenizers), TokenBridgeFigures.Losses(priors), TokenBridgeFigures.Rate(tokenizers), TokenBridgeFigures.Information(run, data.Images.Test), TokenBridgeFigures.Frequencies(run),
        ];
        Assert.Equal([5, 1, 4, 2, priors.Arms.Count == 2 ? 2 : 12, 5, 1, 1], charts.Select(chart => GenericChart.getTraces(chart).Count()));
        using var strip = TokenBridgeFigures.Strip(run, data.Images.Test.Images[0]).Images;
        Assert.Equal([16, 3, 16, 16], strip.shape);
        using var samples = TokenBridgeFigures.Samples(priors, 1).Images;
        Assert.Equal([8 * priors.Arms.Count, 3, 16, 16], samples.shape);
        using var labels = zeros(2, ScalarType.Int64);
        using var stages = TokenBridgeFigures.Stages(run, priors.Items[1].Prior, labels, new() { Steps = 3 }).Images;
        Assert.Equal(0, stages.shape[0] % 2);
        Assert.InRange(stages.min().item<float>(), 0, 1);
    }

    private static TokenizerData Data() => TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, 1);

    private static PriorPlan Small(PriorPlan plan) => plan with
    {
        Steps = 2,
        BatchSize = 8,
        Samples = 20,
        Head = new(8, 1, 2) { Dropout = 0 },
        Arms = [.. plan.Arms.Select(arm => arm with { Diffusion = (8, 1, 3) })],
    };
}
