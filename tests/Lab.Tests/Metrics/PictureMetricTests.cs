using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Tests.Metrics;

public sealed class PictureMetricTests
{
    [Fact]
    public void Adding_a_fifth_costs_twenty_decibel()
    {
        using var scope = NewDisposeScope();
        var x = rand(3, 3, 16, 16) * 1.6 - 0.9; // x + 0.2 stays below 1
        Assert.All(Psnr.PerImage(x, x + 0.2).data<float>(), psnr => Assert.Equal(20, psnr, 1e-3));
    }

    [Fact]
    public void A_picture_is_as_similar_to_itself_as_can_be_and_less_to_all_others()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var x = rand(2, 3, 20, 24) * 2 - 1;
        Assert.All(Ssim.PerImage(x, x).data<float>(), ssim => Assert.Equal(1, ssim, 1e-6));
        Assert.All(Ssim.PerImage(x, x + 0.1 * randn_like(x)).data<float>(), ssim => Assert.InRange(ssim, 0, 0.999));
        Assert.Contains("at least 11 pixels", Assert.Throws<ArgumentException>(() => Ssim.PerImage(x[.., .., ..10, ..], x[.., .., ..10, ..])).Message);
        Assert.Throws<ArgumentException>(() => Ssim.PerImage(x, x[..1]));
    }

    [Fact]
    public void Two_flat_pictures_differ_by_the_luminance_term_alone()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (full([1, 1, 11, 11], 0.5), full([1, 1, 11, 11], -0.25));
        const double C1 = 0.02 * 0.02;
        Assert.Equal((2 * 0.5 * -0.25 + C1) / (0.25 + 0.0625 + C1), Ssim.PerImage(a, b).item<float>(), 1e-3);
    }

    [Fact]
    public void Frechet_distance_knows_its_closed_forms()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        const int D = 6;
        var (zero, one) = (zeros([D], ScalarType.Float64), eye(D, dtype: ScalarType.Float64));
        Assert.Equal(D, FrechetDistance.Between(zero, one, zero, 4 * one), 1e-9);
        var a = randn(200, D, ScalarType.Float64).matmul(randn(D, D, ScalarType.Float64));
        Assert.InRange(FrechetDistance.Between(a, a), 0, 1e-8 * D);
        var shift = randn([D], ScalarType.Float64);
        Assert.Equal(shift.square().sum().item<double>(), FrechetDistance.Between(a, a + shift), 1e-6);
        var b = randn(150, D, ScalarType.Float64);
        Assert.Equal(FrechetDistance.Between(a, b), FrechetDistance.Between(b, a), 1e-8);
        Assert.Throws<ArgumentException>(() => FrechetDistance.Between(a, b[..1]));
        Assert.Throws<ArgumentException>(() => FrechetDistance.Between(a, b[.., ..3]));
    }

    [Fact]
    public void A_cloud_of_lower_rank_is_no_trouble()
    {
        using var scope = NewDisposeScope();
        var a = randn(50, 1, ScalarType.Float64).expand(50, 3);
        Assert.InRange(FrechetDistance.Between(a, a), 0, 1e-6);
    }
}
