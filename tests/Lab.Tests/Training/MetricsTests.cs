using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class MetricsTests
{
    [Fact]
    public void Accuracy_is_the_share_of_rows_whose_largest_score_is_at_the_label()
    {
        using var scope = NewDisposeScope();
        var logits = tensor([0f, 1f, /**/ 5f, 2f, /**/ 3f, 4f, /**/ 9f, 0f]).view(4, 2);
        Assert.Equal(0.75, Accuracy.Top1(logits, tensor([1L, 0L, 0L, 0L])));
        Assert.Throws<ArgumentException>(() => Accuracy.Top1(logits, zeros(3, int64)));
        Assert.Throws<ArgumentException>(() => Accuracy.Top1(zeros(0, 2), zeros(0, int64)));
    }

    [Fact]
    public void Spread_is_mean_and_sample_deviation()
    {
        var spread = Spread.Of([2, 4, 6]);
        Assert.Equal((4, 2, 3), (spread.Mean, spread.Deviation, spread.Count));
        Assert.Equal("4.00 ± 2.00 (n = 3)", spread.ToString());
        Assert.Equal(0, Spread.Of([5]).Deviation);
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
    }

    [Fact]
    public void Psnr_of_a_shift_by_a_fifth_is_20_decibel_and_of_no_shift_infinite()
    {
        using var scope = NewDisposeScope();
        var images = zeros(2, 3, 4, 4);
        Assert.Equal([20f, 20f], Psnr.PerImage(images, images + 0.2).data<float>().Select(v => MathF.Round(v, 3)));
        Assert.Equal(float.PositiveInfinity, Psnr.PerImage(images + 2, images + 1)[0].item<float>()); // both clamp to 1
        Assert.Throws<ArgumentException>(() => Psnr.PerImage(images, zeros(1, 3, 4, 4)));
    }
}
