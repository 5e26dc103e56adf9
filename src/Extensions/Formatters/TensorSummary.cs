using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Extensions.Formatters;

/// <summary>Numbers that say what a tensor holds. Of a huge tensor they are those of a regular sample, taken as a view, without a copy.</summary>
/// <param name="Sampled">How many values were looked at.</param>
/// <param name="Minimum">Of the finite values; NaN when there is none. So are the next three.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Maximum">Their largest.</param>
/// <param name="Deviation">Their standard deviation (population).</param>
/// <param name="NaNs">Values that are not a number.</param>
/// <param name="Infinities">Values that are infinite.</param>
internal sealed record TensorSummary(long Sampled, double Minimum, double Mean, double Maximum, double Deviation, long NaNs, long Infinities)
{
    private const long Most = 1 << 24;

    public static TensorSummary Of(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var sample = Thin(tensor.detach(), Most);
        var finite = sample;
        var (nans, infinities) = (0L, 0L);
        if (sample.is_floating_point())
        {
            nans = sample.isnan().sum().ToInt64();
            infinities = sample.isinf().sum().ToInt64();
            if (nans + infinities > 0) finite = sample.masked_select(sample.isfinite());
        }

        if (finite.numel() == 0) return new(sample.numel(), double.NaN, double.NaN, double.NaN, double.NaN, nans, infinities);
        var values = finite.to(DoubleOn(tensor.device));
        var mean = values.mean().ToDouble();
        return new(sample.numel(), values.min().ToDouble(), mean, values.max().ToDouble(), values.sub(mean).square().mean().sqrt().ToDouble(), nans, infinities);
    }

    /// <returns>A view of at most <paramref name="most"/> values: every second row, column... of the longest dimension, as often as needed.</returns>
    public static Tensor Thin(Tensor tensor, long most)
    {
        var thin = tensor;
        while (thin.numel() > most)
        {
            var longest = Array.IndexOf(thin.shape, thin.shape.Max());
            thin = thin.slice(longest, 0, thin.shape[longest], 2);
        }

        return thin;
    }

    // Apple's GPUs have no doubles.
    private static ScalarType DoubleOn(Device device) => device.type == DeviceType.MPS ? ScalarType.Float32 : ScalarType.Float64;
}
