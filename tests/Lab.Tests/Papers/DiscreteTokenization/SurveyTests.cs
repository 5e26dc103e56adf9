using System.Globalization;
using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Papers;
using Lab.Papers.DiscreteTokenization;
using Lab.Quantization;
using Lab.Training;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.DiscreteTokenization;

public sealed class SurveyTests
{
    private static readonly VectorComparison small = new(2, 16, [4, 4, 4, 4]) { Beam = 4, Sweeps = 1 };

    private static readonly SurveyExperiment tiny = SurveyExperiment.Quick with
    {
        Config = new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 8),
        Recipe = new(2, 8) { CurvePoints = 1 },
        Graph = new(40, 8, 8, 2) { BatchSize = 32, PerEntity = 3 },
        Vectors = [small],
        Generation = SurveyExperiment.Full.Generation with { Sizes = new(16, 1, 2), Recipe = new(2, 8), Samples = 24 },
    };

    [Fact]
    public void Vectors_of_a_seed_are_the_same_again_and_have_the_spread_of_the_specification()
    {
        using var one = FixedVectors.Clusters(1, 2_000);
        using var again = FixedVectors.Clusters(1, 2_000);
        using var other = FixedVectors.Clusters(2, 2_000);
        Assert.True(one.Train.equal(again.Train).all().item<bool>());
        Assert.False(one.Train.equal(other.Train).all().item<bool>());
        Assert.False(one.Train.equal(one.Test).all().item<bool>());
        Assert.Equal([400, 16], one.Queries.shape);
        Assert.InRange(one.Variance, 16 * (0.49 + 0.36 * 0.64 * 6 + 0.0625) * 0.6, 16 * (0.49 + 0.36 * 0.64 * 6 + 0.0625) * 1.5); // centres, rank 6, full rank
    }

    [Fact]
    public void Patches_are_cut_from_pictures()
    {
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32, 20, 10, 1);
        using var patches = FixedVectors.Patches(data.Images, 1, count: 30, test: 20, queries: 5);
        Assert.Equal([30, 192], patches.Train.shape);
        Assert.Equal([20, 192], patches.Test.shape);
        Assert.InRange(patches.Train.abs().max().item<float>(), 0.1, 1);
        using var row = (patches.Train[0] + 1) * 127.5;
        Assert.InRange((row - row.round()).abs().max().item<float>(), 0, 1e-3); // whole pixel values
    }

    [Fact]
    public void At_equal_bits_errors_fall_from_PQ_to_RVQ_to_AQ_and_with_every_stage()
    {
        using var vectors = FixedVectors.Clusters(3, 1_200, queries: 50);
        var comparison = new VectorComparison(4, 16, []);
        var scores = comparison.Run(vectors, 3);
        double Error(string name) => scores.Single(score => score.Name == name).Nmse;
        Assert.True(Error("AQ") < Error("RVQ, beam") && Error("RVQ, beam") < Error("RVQ") && Error("RVQ") < Error("PQ") && Error("OPQ") < Error("PQ"));
        Assert.All(scores, score => Assert.InRange(score.RecallAt10, score.RecallAt1, 1));
        var stages = comparison.Stages(vectors, 3);
        Assert.Equal(1, stages[0]);
        Assert.Equal(Error("RVQ"), stages[^1], 6);
        Assert.All(stages.Zip(stages.Skip(1)), pair => Assert.True(pair.Second < pair.First));
        Assert.Equal(5, scores.Count); // no levels: no VQ, FSQ, LFQ, BSQ
    }

    [Fact]
    public void A_grid_behind_learned_maps_gives_its_codes_back_and_beats_the_mean()
    {
        using var vectors = FixedVectors.Clusters(4, 600, queries: 10);
        foreach (var inner in new Quantizer[] { new FiniteScalarQuantizer(4, 4, 4), new BinarySphericalQuantizer(20, 1e-3, groupBits: 4), new LookupFreeQuantizer(6, 1e-3) })
        {
            using var scope = NewDisposeScope();
            using var quantizer = LinearAutoencoder.Fit(inner, vectors.Train, 1);
            var made = quantizer.call(vectors.Test);
            Assert.True(quantizer.Lookup(made.Codes).equal(made.Values).all().item<bool>());
            Assert.InRange((vectors.Test - made.Values).square().sum(1).mean().item<float>() / vectors.Variance, 0, 0.8);
        }
    }

    [Fact]
    public void Every_arm_trains_and_is_judged_and_shown()
    {
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, 1);
        var all = tiny with { Arms = SurveyExperiment.Full.Arms };
        using var features = new FeatureNet([8], data.Heads);
        using var results = all.RunTokenizers(data, features, features, [1]);
        Assert.Equal(SurveyExperiment.Full.Arms, results.Arms);
        Assert.All(results.Runs, run => Assert.True(double.IsFinite(run.Score.Psnr)));
        Assert.All(results.Runs.Where(run => run.Arm.Channels is null && run.Arm != TokenizerArm.Continuous), run => Assert.Equal(10, run.Tokenizer.Bottleneck.BitsPerPosition, 9));
        Assert.Equal([Math.Log2(1000), 10, 10], new[] { TokenizerArm.Fsq, TokenizerArm.Lfq, TokenizerArm.Bsq }.Select(arm => results.Of(arm)[0].Tokenizer.Bottleneck.BitsPerPosition));
        Assert.Null(results.Of(TokenizerArm.Continuous)[0].Score.Use);

        var (vectors, graphs) = (all.RunVectors(data, [1]), all.RunGraphs([1]));
        using var generated = all.RunGeneration(data, results, features);
        Assert.Equal(all.Generation.Arms, generated.Arms);
        Assert.Equal([true, true, true, true, false, false], generated.Runs.Select(run => run.Bits is > 0));
        Assert.All(generated.Runs, run => Assert.True(run.Score is { Frechet: >= 0, Inception: >= 1, Accuracy: >= 0, Count: 24 }));
        var claims = new SurveyResults(true, [vectors[0] with { Comparison = VectorComparison.Bits24 }], results, generated, graphs).Claims();
        Assert.Equal(19, claims.Items.Count);
        Assert.Equal("FSQ's codes generate nearer to the test pictures than VQ's", Assert.Single(claims.Items, claim => claim.Required is null).Name);
        Assert.Equal(6, SurveyTables.Generation(generated).Rows.Count);
        Assert.Equal(["8.01", "7.33", "7.73", "7.82"], SurveyTables.Generation(generated)["gFID in table 3"].Cast<object?>().OfType<double>().Select(value => value.ToString("F2", CultureInfo.InvariantCulture)));
        Assert.Contains("6 to 64 pictures", Assert.Throws<ArgumentException>(() => (all with { Generation = all.Generation with { Samples = 65 } }).RunGeneration(data, results, features)).Message);
        using var samples = SurveyFigures.Samples(generated).Images;
        Assert.Equal([6 * GenerationRun.Shown, 3, 16, 16], samples.shape);
        Assert.InRange(samples.max().item<float>(), 0, 1);
        Assert.Equal(results.Arms.Count, SurveyTables.Pictures(results).Rows.Count);
        Assert.Equal(results.Arms.Count, SurveyTables.Codes(results).Rows.Count);
        Assert.Equal(9, SurveyTables.Vectors(vectors).Rows.Count);
        Assert.Equal(4, SurveyTables.Graphs(graphs).Rows.Count);
        using var grid = SurveyFigures.Reconstructions(results, data.Images.Test.Images[0]).Images;
        Assert.Equal([2 * (1 + results.Arms.Count), 3, 16, 16], grid.shape);
        GenericChart[] charts =
        [
            SurveyFigures.UsageCurves(results), SurveyFigures.RateDistortion(vectors, "clusters"), SurveyFigures.Staircase(vectors),
            SurveyFigures.Anchors(graphs[0], 3), SurveyFigures.GradientField(), SurveyFigures.Collisions(graphs), new Playground(16, 4).Tree(2, 0),
        ];
        Assert.Throws<ArgumentOutOfRangeException>(() => SurveyFigures.Anchors(graphs[0], graphs[0].Graph.Entities));
        Assert.Equal([6, 6, 1, 5, 3, 3, 3], charts.Select(chart => GenericChart.getTraces(chart).Count()));
    }

    [Fact]
    public void Quick_reports_the_claims_that_it_cannot_judge()
    {
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, 1);
        using var features = new FeatureNet([8], data.Heads);
        using var results = tiny.RunTokenizers(data, features, features, [1]);
        var claims = new SurveyResults(false, [], results, new([]), tiny.RunGraphs([1])).Claims();
        Assert.Equal(2, claims.Items.Count(claim => claim.Verdict == Verdict.Reported)); // FSQ against BSQ, and against naive VQ; nothing was generated
        Assert.DoesNotContain(claims.Items, claim => claim.Name.Contains("LFQ"));
        Assert.Throws<ArgumentException>(() => tiny.RunGraphs([]));
        Assert.Throws<ArgumentException>(() => SurveyExperiment.Of("medium"));
    }

    [Fact]
    public void A_stop_is_heard_in_every_part()
    {
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, 1);
        using var features = new FeatureNet([8], data.Heads);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => tiny.RunVectors(data, [1], stop.Token));
        Assert.Throws<OperationCanceledException>(() => tiny.RunTokenizers(data, features, features, [1], cancellation: stop.Token));
        Assert.Throws<OperationCanceledException>(() => tiny.RunGraphs([1], cancellation: stop.Token));
        Assert.Throws<OperationCanceledException>(() => tiny.TrainFeatures(data, cache: new ModelCache(Path.GetTempPath()), cancellation: stop.Token));
    }

    [Fact]
    public void The_plane_shows_every_kind_in_cells()
    {
        using var cells = new Playground(16, 4).Cells(1).Images;
        Assert.Equal([7, 3, 96, 96], cells.shape);
        using var signs = cells[5].reshape(3, -1).t().unique(dim: 0).output;
        Assert.Equal(5, signs.shape[0]); // four quadrants and the points
    }
}
