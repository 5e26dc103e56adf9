using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Metrics;
using Lab.Papers;
using Lab.Papers.Fqgan;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.Fqgan;

public sealed class FqganExperimentTests
{
    private static readonly FqganExperiment tiny = FqganExperiment.Quick with
    {
        Arms = [FqganArm.Single, FqganArm.Dual, FqganArm.Disentangled, FqganArm.Both],
        Codes = 32,
        Config = new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 16),
        Recipe = new(4, 8) { CurvePoints = 2, CurvePictures = 16 },
        PriorRecipe = new(3, 4),
        Prior = new(8, 1, 1),
        Samples = 80,
    };

    [Fact]
    public void Claims_follow_from_the_runs_and_no_tensor_stays()
    {
        using var data = TokenizerData.Drawn(Lab.Data.Shapes.Tokenizer32 with { Size = 16 }, 128, 96, seed: 1);
        using var perceptual = new FeatureNet([16, 32, 64], data.Heads);
        using var metric = new FeatureNet([8, 16], data.Heads);
        Run(); // what is made once
        var before = LiveTensors.Settled();
        var parameters = Run();
        Assert.Equal(before + parameters, LiveTensors.Settled()); // TorchSharp 0.107 counts a parameter twice when it is made and once when it is freed

        long Run()
        {
            using var tokenizers = tiny.RunTokenizers(data, perceptual, metric, [0, 1]);
            using var priors = tiny.RunPriors(data, tokenizers, metric);
            var claims = new FqganResults(false, tokenizers, priors).Claims();
            var gain = claims.Items.Single(claim => claim.Name.StartsWith("Two books reconstruct"));
            Assert.Equal(Differences(FqganArm.Dual, FqganArm.Single, run => run.Score.Psnr), gain.Margins);
            var forgot = claims.Items.Single(claim => claim.Name.StartsWith("Disentangling leaves"));
            Assert.Equal(0.1, forgot.Required!.Value, 1e-9);
            var heads = claims.Items.Single(claim => claim.Name.StartsWith("The autoregressive head"));
            Assert.Equal(2, heads.Margins.Count);
            Assert.Equal(Verdict.Reported, claims.Items.Single(claim => claim.Name.StartsWith("What it generates")).Verdict);
            Assert.DoesNotContain(claims.Items, claim => claim.Name.Contains("residual stages")); // that arm was not trained
            Assert.Equal(8, tokenizers.Runs.Count);
            Assert.Equal([FarRun.Shown, 3, 16, 16], priors.Runs[0].Pictures.shape);
            Assert.All(tokenizers.Of(FqganArm.Both), run => Assert.Equal(2, run.Books.Probe.Count));
            return tokenizers.Runs.Sum(run => Counted(run.Tokenizer)) + priors.Runs.Sum(run => Counted(run.Prior));

            // Tables of embeddings are made outside of their scope and counted once.
            static int Counted(nn.Module module) => module.named_parameters().Count(p => !new[] { "table", "embedding", "start", "wpe" }.Any(p.name.Contains));

            double[] Differences(FqganArm arm, FqganArm other, Func<FqganRun, double> value) => [.. tokenizers.Of(arm).Zip(tokenizers.Of(other), (a, b) => value(a) - value(b))];
        }
    }

    [Fact]
    public void Heads_of_a_seed_share_everything_but_themselves()
    {
        using var scope = NewDisposeScope();
        using var tokenizer = tiny.Tokenizer(FqganArm.Both, seed: 3);
        using var linear = FarPrior.Make(new(8, 1, 1), FarHead.Linear, tokenizer, 4, seed: 5);
        using var ar = FarPrior.Make(new(8, 1, 1), FarHead.Autoregressive, tokenizer, 4, seed: 5);
        var others = ar.state_dict();
        Assert.All(linear.state_dict().Where(weight => !weight.Key.StartsWith("head")), weight => Assert.True(weight.Value.equal(others[weight.Key]).all().item<bool>(), weight.Key));
    }

    [Fact]
    public void A_probe_finds_what_is_linear_and_guesses_at_the_rest()
    {
        using var scope = NewDisposeScope();
        using var generator = manual_seed(1);
        var x = randn(600, 5);
        Assert.True(RidgeProbe.Accuracy(x, (x[.., 0] > 0).to(ScalarType.Int64), 2) > 0.93);
        Assert.InRange(RidgeProbe.Accuracy(x, randint(4, [600]), 4), 0.15, 0.35);
        Assert.Equal(1, RidgeProbe.Accuracy(nn.functional.one_hot(arange(600).remainder(3), 3).to(ScalarType.Float32), arange(600).remainder(3), 3));
        Assert.Throws<ArgumentException>(() => RidgeProbe.Accuracy(x, randint(2, [5]), 2));
    }

    [Fact]
    public void Codes_of_pictures_become_grids_with_their_conditions()
    {
        using var scope = NewDisposeScope();
        using var data = TokenizerData.Drawn(Lab.Data.Shapes.Tokenizer32 with { Size = 16 }, 40, 20, seed: 1);
        using var tokenizer = tiny.Tokenizer(FqganArm.Dual, seed: 3);
        tokenizer.eval();
        using var grids = CodeGrids.Of(tokenizer, data.Images.Test, data);
        Assert.Equal([20, 16, 2], grids.Codes.shape);
        var heads = data.Split(data.Images.Test.Labels);
        Assert.True(grids.Labels.equal(heads[0] * data.Heads[1].Classes + heads[1]).all().item<bool>());
        Assert.Equal(data.Heads[0].Classes * data.Heads[1].Classes, data.ConditionCount);
        using var batch = grids.Draw(8, seed: 1).From(3).First();
        using var again = grids.Draw(8, seed: 1).From(3).First();
        Assert.True(batch.Codes.equal(again.Codes).all().item<bool>());
        Assert.Equal([8, 16, 2], batch.Codes.shape);
        Assert.Contains("got 0 and 20", Assert.Throws<ArgumentException>(() => grids.Draw(0, seed: 1)).Message);
    }

    [Fact]
    public void A_changed_code_changes_the_picture_around_it_alone()
    {
        using var scope = NewDisposeScope();
        using var data = TokenizerData.Drawn(Lab.Data.Shapes.Tokenizer32, 16, 16, seed: 1);
        var tokenizer = (tiny with { Config = tiny.Config with { Size = 32 } }).Tokenizer(FqganArm.Dual, seed: 3);
        tokenizer.eval();
        using var run = new FqganRun(FqganArm.Dual, 3, tokenizer, [], null!, null!, 0, 0);
        var pixels = data.Images.Test.Images[0];
        var shown = FqganFigures.Edit(run, pixels, position: 0, book: 1, code: 5).Images; // [5, 3, 32, 32]
        var difference = shown[4].amax([0L]);
        Assert.Equal(1, difference[..16, ..16].max().item<float>(), 1e-5);
        Assert.True((shown[0] - shown[2]).abs().max().item<float>() > 0);
        Assert.Throws<ArgumentOutOfRangeException>(() => FqganFigures.Edit(run, pixels, 64, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FqganFigures.Edit(run, pixels, 0, 2, 0));
    }

    [Fact]
    public void Unknown_profiles_and_no_seeds_are_refused()
    {
        Assert.Contains("huge", Assert.Throws<ArgumentException>(() => FqganExperiment.Of("huge")).Message);
        using var data = TokenizerData.Drawn(Lab.Data.Shapes.Tokenizer32 with { Size = 16 }, 16, 16, seed: 1);
        using var net = new FeatureNet([8], data.Heads);
        Assert.Throws<ArgumentException>(() => tiny.RunTokenizers(data, net, net, []));
    }
}
