using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class GradientEstimatorTests
{
    [Fact]
    public void Straight_through_passes_the_gradient_as_it_is()
    {
        var (value, gradient, upstream, q, _) = Applied(GradientEstimator.StraightThrough);
        Assert.True(value.allclose(q));
        Assert.True(gradient.equal(upstream).all().item<bool>());
    }

    [Fact]
    public void Rotation_keeps_value_length_and_angle()
    {
        var (value, gradient, upstream, q, z) = Applied(GradientEstimator.Rotation);
        Assert.True(value.allclose(q, 1e-4, 1e-5));
        var scale = q.norm(1, p: 2f) / z.norm(1, p: 2f);
        Assert.True(gradient.norm(1, p: 2f).allclose(scale * upstream.norm(1, p: 2f), 1e-4, 1e-5));
        Assert.True(nn.functional.cosine_similarity(gradient, z, 1, 1e-8).allclose(nn.functional.cosine_similarity(upstream, q, 1, 1e-8), 1e-3, 1e-4));
    }

    [Fact]
    public void Synchronous_passes_the_gradient_to_the_vector_and_a_share_of_it_to_the_code()
    {
        using var scope = NewDisposeScope();
        var (z, q, upstream) = (randn(6, 3).requires_grad_(), randn(6, 3).requires_grad_(), randn(6, 3));
        var value = GradientEstimator.Synchronous(0.3).Apply(z, q);
        (value * upstream).sum().backward();
        Near.Equal(q, value);
        Assert.True(z.grad!.equal(upstream).all().item<bool>());
        Near.Equal(0.3 * upstream, q.grad!);
    }

    [Fact]
    public void The_directional_estimate_ends_as_far_from_the_vector_as_its_code()
    {
        using var random = manual_seed(1);
        var (value, gradient, _, q, z) = Applied(GradientEstimator.Directional());
        Assert.True((value - z).norm(1, p: 2f).allclose((q - z).norm(1, p: 2f), 1e-4, 1e-5));
        Assert.True(gradient.isfinite().all().item<bool>());
        var (exact, _, _, code, _) = Applied(GradientEstimator.Directional(variance: 0));
        Assert.True(exact.allclose(code, 1e-4, 1e-5));
    }

    [Theory]
    [InlineData("straight", false)]
    [InlineData("rotation", false)]
    [InlineData("directional", true)]
    [InlineData("synchronous", true)]
    public void Only_some_estimates_teach_the_code_without_a_loss(string name, bool teaches)
    {
        var estimator = name switch { "straight" => GradientEstimator.StraightThrough, "rotation" => GradientEstimator.Rotation, "directional" => GradientEstimator.Directional(), _ => GradientEstimator.Synchronous(1) };
        var book = new LearnedCodebook(4, 3, CodebookStart.Normal);
        var quantized = new VectorQuantizer(book, estimator).call(randn(10, 3).requires_grad_());
        quantized.Values.square().sum().backward();
        Assert.Equal(teaches, book.Vectors.grad is { } gradient && gradient.abs().sum().item<float>() > 0);
    }

    [Fact]
    public void A_vector_on_its_code_stays_and_opposite_ones_give_numbers()
    {
        foreach (var estimator in new[] { GradientEstimator.StraightThrough, GradientEstimator.Rotation, GradientEstimator.Directional() })
        {
            var z = tensor(new float[] { 1, 2, -2, 0, 0, 0 }).reshape(2, 3).requires_grad_();
            var same = estimator.Apply(z, z.detach());
            Assert.True(same.allclose(z, 1e-4, 1e-5));
            var opposite = estimator.Apply(z, -z.detach());
            (same + opposite).sum().backward();
            Assert.True(opposite.isfinite().all().item<bool>());
            Assert.True(z.grad!.isfinite().all().item<bool>());
        }
    }

    private static (Tensor Value, Tensor Gradient, Tensor Upstream, Tensor Q, Tensor Z) Applied(GradientEstimator estimator)
    {
        using var random = manual_seed(3);
        var z = randn(20, 5).requires_grad_();
        var (q, upstream) = (randn(20, 5), randn(20, 5));
        var value = estimator.Apply(z, q);
        value.backward([upstream]);
        return (value.detach(), z.grad!, upstream, q, z.detach());
    }
}
