using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Metrics;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.ImageTokenizers;

public sealed class AdversaryTests
{
    [Fact]
    public void The_discriminator_has_the_sizes_of_the_specification()
    {
        using var discriminator = new PatchDiscriminator();
        using var picture = zeros(1, 3, 32, 32);
        using var judged = discriminator.call(picture);
        Assert.Equal([1, 1, 8, 8], judged.shape);
        Assert.Equal(72_161, discriminator.parameters().Sum(p => p.numel()));
        Assert.Equal(9.8, 2e-6 * MacCounter.Count(discriminator, picture).Total, 0.05);
        Assert.Contains("got 6", Assert.Throws<ArgumentException>(() => new PatchDiscriminator(6)).Message);
    }

    [Fact]
    public void The_hinge_is_at_rest_where_both_kinds_are_far_on_their_side()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0, PatchDiscriminator.Hinge(full(4, 1.5f), full(4, -1.5f)).item<float>());
        Assert.Equal(1, PatchDiscriminator.Hinge(zeros(4), zeros(4)).item<float>());
        Assert.Equal((2 + 3) / 2f, PatchDiscriminator.Hinge(full(4, -1f), full(4, 2f)).item<float>());
    }

    [Fact]
    public void The_balance_is_the_ratio_of_the_gradients_at_the_last_layer()
    {
        using var scope = NewDisposeScope();
        var last = ones(3).requires_grad_();
        var (kept, moved) = (tensor(new float[] { 3, 0, 4 }), tensor(new float[] { 0, 2, 0 }));
        Assert.Equal(5 / 2.0001, Adversary.Balance((kept * last).sum(), (moved * last).sum(), last).item<float>(), 1e-5);
        Assert.Equal(1e4f, Adversary.Balance((1e9 * last).sum(), (moved * last).sum(), last).item<float>());
        Assert.Null(last.grad);
    }

    [Fact]
    public void It_learns_to_tell_real_pictures_from_made_ones_once_it_starts()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var adversary = new Adversary(new(Start: 0.5), new(), new(2e-3) { DecaySteps = 0 }, 40, seed: 1, CPU);
        var last = ones(1).requires_grad_();
        for (var step = 0; step < 40; step++)
        {
            using var inner = NewDisposeScope();
            var (real, made) = (rand(4, 3, 16, 16), last * rand(4, 3, 16, 16) - 1);
            var term = adversary.Term(step, real, made, last.sum(), last);
            Assert.Equal(step >= 20, term is not null);
            term?.backward(); // leaves gradients in the discriminator, as training does
        }
        Assert.True((adversary.Judge(rand(4, 3, 16, 16)).mean() - adversary.Judge(rand(4, 3, 16, 16) - 1).mean()).item<float>() > 1);
        foreach (var (part, options) in new (string, AdversarialOptions)[] { ("got -1", new(Weight: -1)), ("got 2", new(Start: 2)) })
            Assert.Contains(part, Assert.Throws<ArgumentException>(() => new Adversary(options, new(), new(1e-3), 10, 1, CPU)).Message);
    }

    [Fact]
    public void Until_it_starts_training_is_as_without_it_and_afterwards_one_seed_gives_one_tokenizer()
    {
        using var scope = NewDisposeScope();
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, seed: 1);
        using var perceptual = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(perceptual, data.Images.Test);
        var (without, late, early, again) = (Trained(null), Trained(new(Start: 1)), Trained(new(Start: 0.5)), Trained(new(Start: 0.5)));
        Assert.True(without.equal(late).all().item<bool>());
        Assert.False(without.equal(early).all().item<bool>());
        Assert.True(early.equal(again).all().item<bool>());
        Assert.True(early.isfinite().all().item<bool>());

        Tensor Trained(AdversarialOptions? adversarial)
        {
            using var tokenizer = new ImageTokenizer(new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 4), () => new QuantizedBottleneck(new FiniteScalarQuantizer(8, 5, 5, 5)), seed: 2);
            new TokenizerRecipe(6, 8) { CurvePoints = 1, Adversarial = adversarial }.Train("run", tokenizer, data.Images.Train, perceptual, scorer, seed: 3);
            return cat([.. tokenizer.parameters().Select(p => p.detach().flatten())]).clone();
        }
    }

    [Fact]
    public void The_average_of_the_weights_moves_less_than_the_weights()
    {
        using var scope = NewDisposeScope();
        using var data = TokenizerData.Drawn(Shapes.Tokenizer32 with { Size = 16 }, 64, 40, seed: 1);
        using var perceptual = new FeatureNet([8, 8], data.Heads);
        using var scorer = new TokenizerScorer(perceptual, data.Images.Test);
        var (first, plain, average) = (Weights(null, 0), Weights(null, 8), Weights(0.9, 8));
        Assert.InRange((average - first).norm().item<float>() / (plain - first).norm().item<float>(), 0.05, 0.8);

        Tensor Weights(double? decay, int steps)
        {
            using var tokenizer = new ImageTokenizer(new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 4), () => new IdentityBottleneck(), seed: 2);
            if (steps > 0) new TokenizerRecipe(steps, 8) { CurvePoints = 1, EmaDecay = decay }.Train("run", tokenizer, data.Images.Train, perceptual, scorer, seed: 3);
            return cat([.. tokenizer.parameters().Select(p => p.detach().flatten())]).clone();
        }
    }
}
