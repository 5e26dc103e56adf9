using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Runtime;

/// <summary>libtorch's convolutions as they are computed on this machine.</summary>
public sealed class ConvolutionGradientTests
{
    [Fact]
    public void What_was_left_on_is_right() => Assert.True(NativeKernels.GradientsAreRight(), NativeTorch.Source);

    [Theory]
    [InlineData(8, 8, 4)]
    [InlineData(16, 8, 8)]
    [InlineData(24, 24, 8)]
    [InlineData(64, 8, 8)]
    [InlineData(3, 12, 16)]
    [InlineData(16, 16, 8)]
    public void Gradients_are_those_of_double_precision(int input, int output, int side)
    {
        using var random = manual_seed(1);
        for (var call = 0; call < 20; call++)
        {
            using var scope = NewDisposeScope();
            using var thread = call % 2 == 0 ? new OneThread() : null;
            var (x, w, g) = (randn(8, input, side, side), randn(output, input, 3, 3), randn(8, output, side, side));
            var (single, exact) = (Gradients(float32), Gradients(float64));
            Near.Equal(exact.X, single.X.to(float64), 1e-4);
            Near.Equal(exact.W, single.W.to(float64), 1e-4);

            (Tensor X, Tensor W) Gradients(ScalarType type)
            {
                var (leaf, weight) = (x.to(type).clone().requires_grad_(), w.to(type).clone().requires_grad_());
                (nn.functional.conv2d(leaf, weight, padding: [1, 1]) * g.to(type)).sum().backward();
                return (leaf.grad!, weight.grad!);
            }
        }
    }
}
