using static TorchSharp.torch;

namespace Lab.Tests;

/// <summary>Comparison of tensors in tests.</summary>
internal static class Near
{
    /// <summary>Largest difference over the largest magnitude expected.</summary>
    public static double RelativeError(Tensor expected, Tensor actual)
    {
        using var scope = NewDisposeScope();
        return ((expected - actual).abs().max() / expected.abs().max()).to(ScalarType.Float64).item<double>();
    }

    public static void Equal(Tensor expected, Tensor actual, double tolerance = 1e-5)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange(RelativeError(expected, actual), 0, tolerance);
    }
}
