using CsCheck;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class GaussianScalarQuantizerTests
{
    [Theory]
    [InlineData(4, 0, -1.260183, 1, -0.324663)]
    [InlineData(8, 0, -1.628965, 1, -0.895384)]
    [InlineData(8, 2, -0.491349, 3, -0.157976)]
    [InlineData(16, 0, -1.938706, 1, -1.325913)]
    [InlineData(64, 0, -2.437096, 31, -0.019586)]
    public void Tables_are_those_of_the_specification(int levels, int first, double firstValue, int second, double secondValue)
    {
        var table = GaussianScalarQuantizer.Table(levels).data<double>().ToArray();
        Assert.Equal(firstValue, table[first], 1e-6);
        Assert.Equal(secondValue, table[second], 1e-6);
        Assert.All(Enumerable.Range(0, levels), i => Assert.Equal(-table[levels - 1 - i], table[i], 1e-12));
        Assert.All(Enumerable.Range(1, levels - 1), i => Assert.True(table[i] > table[i - 1]));
    }

    [Fact]
    public void Cells_of_equal_chance_split_the_variance()
    {
        // The end cells reach to 3 deviations only, so the variance is that of a clamped variable, and for few cells nearly 1.
        var table = GaussianScalarQuantizer.Table(8);
        Assert.Equal(0, table.mean().item<double>(), 1e-12);
        Assert.InRange(table.square().mean().item<double>(), 0.93, 0.95);
    }

    [Theory]
    [InlineData(8, 5, 0.040381, 2.7018)]
    [InlineData(16, 5, 0.010283, null)]
    [InlineData(32, 5, 0.002603, null)]
    [InlineData(64, 5, 0.000656, 5.7241)]
    [InlineData(128, 5, 0.000165, null)]
    [InlineData(64, 2, 0.033835, null)]
    [InlineData(64, 3, 0.003934, 5.9994)]
    [InlineData(64, 4, 0.000901, null)]
    [InlineData(64, 8, 0.001073, null)]
    [InlineData(8, 3, 0.051329, 2.9914)]
    public void The_error_on_normal_numbers_and_the_entropy_of_their_codes_are_those_of_the_specification(int levels, double range, double error, double? entropy)
    {
        using var scope = NewDisposeScope();
        const int Count = 1_000_000;
        using var quantizer = Frozen(1, levels, range);
        var z = (Math.Sqrt(2) * (2 * (arange(Count, ScalarType.Float64) + 0.5) / Count - 1).erfinv()).to(ScalarType.Float32).unsqueeze(1); // every quantile once
        var quantized = quantizer.call(z);
        Assert.Equal(error, (quantized.Values - z).to(ScalarType.Float64).square().mean().item<double>(), 0.01 * error);
        if (entropy is null) return;
        var shares = bincount(quantized.Codes.flatten(), minlength: levels).to(ScalarType.Float64) / Count;
        Assert.Equal(entropy.Value, -(shares * shares.clamp_min(1e-300).log2()).sum().item<double>(), 2e-3);
    }

    [Fact]
    public void Codes_come_back_and_quantizing_twice_is_quantizing_once() =>
        Gen.Select(Gen.Int[1, 300], Gen.Double[0.1, 20], Gen.Int[0, 100]).Sample((levels, range, seed) =>
        {
            using var scope = NewDisposeScope();
            using var random = manual_seed(seed);
            using var quantizer = Frozen(3, levels, range);
            var codes = randint(levels, [50, 3], ScalarType.Int64);
            Assert.True(quantizer.call(quantizer.Lookup(codes)).Codes.equal(codes).all().item<bool>());
            var z = randn(50, 3) * range;
            var once = quantizer.call(z);
            Assert.True(quantizer.call(once.Values).Values.equal(once.Values).all().item<bool>());
            Assert.True((once.Values.abs() < range).all().item<bool>());
            if (levels > 1) Assert.True((once.Codes.masked_select(z > range) == levels - 1).all().item<bool>()); // beyond the range
        }, iter: 100);

    [Fact]
    public void A_scaled_range_scales_what_comes_out()
    {
        using var scope = NewDisposeScope();
        var z = randn(100, 4);
        using var one = Frozen(4, 16, range: 2.5);
        using var two = Frozen(4, 16, range: 5);
        Assert.True((one.call(z).Values * 2).allclose(two.call(z * 2).Values));
    }

    [Fact]
    public void One_level_is_zero_and_bits_add_up()
    {
        using var scope = NewDisposeScope();
        using var one = Frozen(2, 1, range: 5);
        Assert.Equal(0, one.call(randn(9, 2)).Values.abs().max().item<float>(), 1e-9);
        using var many = new GaussianScalarQuantizer(16, 64);
        Assert.Equal(96, many.BitsPerVector);
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        Assert.Contains("at least 1 level", Assert.Throws<ArgumentException>(() => new GaussianScalarQuantizer(2, 0)).Message);
        Assert.Contains("above 0", Assert.Throws<ArgumentException>(() => new GaussianScalarQuantizer(2, 4, range: 0)).Message);
        Assert.Contains("beyond 3 deviations", Assert.Throws<ArgumentException>(() => new GaussianScalarQuantizer(2, 4096)).Message);
        using var quantizer = new GaussianScalarQuantizer(2, 4);
        Assert.Contains("not finite", Assert.Throws<ArgumentException>(() => quantizer.call(full([1, 2], float.NaN))).Message);
        Assert.Contains("2 wide", Assert.Throws<ArgumentException>(() => quantizer.call(zeros(1, 3))).Message);
    }

    private static GaussianScalarQuantizer Frozen(int dim, int levels, double range)
    {
        var quantizer = new GaussianScalarQuantizer(dim, levels, range);
        quantizer.eval();
        return quantizer;
    }
}
