using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class ScalarQuantizerTests
{
    [Theory]
    [InlineData(8, new[] { -1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75 })]
    [InlineData(5, new[] { -1, -0.5, 0, 0.5, 1 })]
    [InlineData(2, new[] { -1.0, 0 })]
    [InlineData(3, new[] { -1.0, 0, 1 })]
    public void A_channel_takes_exactly_its_levels(int levels, double[] expected)
    {
        var fsq = new FiniteScalarQuantizer(levels);
        fsq.eval();
        var values = fsq.call(linspace(-20, 20, 4001).unsqueeze(1)).Values.unique().output.to(ScalarType.Float64).data<double>().ToArray();
        Assert.Equal(expected, values);
        Assert.Equal(0, fsq.call(zeros(1, 1)).Values.item<float>());
    }

    [Theory]
    [InlineData(new[] { 8, 6, 5 }, 240)]
    [InlineData(new[] { 8, 5, 5, 5 }, 1000)]
    [InlineData(new[] { 7, 5, 5, 5, 5 }, 4375)]
    [InlineData(new[] { 8, 8, 8, 6, 5 }, 15360)]
    [InlineData(new[] { 8, 8, 8, 5, 5, 5 }, 64000)]
    public void Every_code_comes_back_from_its_grid_point(int[] levels, long size)
    {
        var fsq = new FiniteScalarQuantizer(levels);
        fsq.eval();
        Assert.Equal([size], fsq.BookSizes);
        var codes = arange(size, ScalarType.Int64).unsqueeze(1);
        var grid = fsq.Lookup(codes);
        Assert.Equal(size, grid.unique(dim: 0).output.shape[0]);

        // Back to before the tanh: b = tanh(z + s) h - o with b on the grid.
        var l = tensor(levels, ScalarType.Float64);
        var half = (l - 1) * 1.001 / 2;
        var offset = l.remainder(2).eq(0).to(ScalarType.Float64) / 2;
        var z = ((grid.to(ScalarType.Float64) * (l / 2).floor() + offset) / half).atanh() - (offset / half).atanh();
        Assert.True(fsq.call(z.to(ScalarType.Float32)).Codes.equal(codes).all().item<bool>());
    }

    [Fact]
    public void The_shift_of_eight_levels_is_that_of_the_paper() => Assert.Equal(0.143695, Math.Atanh(0.5 / 3.5035), 6);

    [Fact]
    public void Entropy_by_bits_is_that_of_the_table_of_all_codes()
    {
        using var random = manual_seed(1);
        var logits = randn(50, 6, ScalarType.Float64) * 3;
        var codes = BinaryEntropy.Signs(6, ScalarType.Float64, CPU);
        var p = (logits.matmul(codes.t()) / 2).softmax(-1); // [50, 64]
        var (ofOne, ofMean) = BinaryEntropy.Of(logits, 6);
        Assert.Equal(-p.xlogy(p).sum(-1).mean().item<double>(), ofOne.item<double>(), 1e-10);
        var mean = p.mean([0]);
        Assert.Equal(-mean.xlogy(mean).sum().item<double>(), ofMean.item<double>(), 1e-10);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(4)]
    public void Codes_used_evenly_have_the_entropy_of_all_bits(int groupBits)
    {
        var logits = BinaryEntropy.Signs(8, ScalarType.Float64, CPU) * 60;
        var (ofOne, ofMean) = BinaryEntropy.Of(logits, groupBits);
        Assert.Equal(0, ofOne.item<double>(), 1e-10);
        Assert.Equal(8 * Math.Log(2), ofMean.item<double>(), 1e-9);
    }

    [Fact]
    public void Lookup_free_codes_are_signs_and_their_error_grows_with_the_scale()
    {
        var lfq = new LookupFreeQuantizer(3);
        lfq.eval();
        var quantized = lfq.call(tensor(new float[] { 0, 2, -1, 0.1f, -3, 4 }).reshape(2, 3));
        Assert.Equal([-1f, 1, -1, 1, -1, 1], quantized.Values.data<float>().ToArray());
        Assert.Equal([2L, 5], quantized.Codes.data<long>().ToArray());
        var z = randn(100, 3);
        var far = (z * 1000 - lfq.call(z * 1000).Values).square().sum().item<float>();
        Assert.Equal(1, far / (z * 1000).square().sum().item<float>(), 0.01);
    }

    [Theory]
    [InlineData(10, 1.367544, 0.363901)]
    [InlineData(18, 1.528595, 0.381924)]
    [InlineData(36, 2 - 2.0 / 6, 0.393112)]
    public void The_error_on_the_sphere_is_known_and_bounded(int dim, double most, double mean)
    {
        using var random = manual_seed(2);
        var bsq = new BinarySphericalQuantizer(dim);
        bsq.eval();
        var u = nn.functional.normalize(randn(20_000, dim, ScalarType.Float64), dim: -1);
        var error = (u - bsq.call(u).Values).square().sum(-1);
        Assert.True(error.allclose(2 - 2 * u.abs().sum(-1) / Math.Sqrt(dim)));
        Assert.Equal(mean, error.mean().item<double>(), 3e-3);

        var corner = zeros(1, dim, ScalarType.Float64);
        corner[0, 0] = 1;
        Assert.Equal(most, (corner - bsq.call(corner).Values).square().sum().item<double>(), 1e-6);
        Assert.Equal(1, bsq.call(u * 7).Values.square().sum(-1).mean().item<double>(), 1e-9); // codes lie on the sphere, too
    }

    [Fact]
    public void The_bits_gradient_is_the_quantized_vectors()
    {
        var bsq = new BinarySphericalQuantizer(4, entropyWeight: 0);
        var u = nn.functional.normalize(randn(5, 4), dim: -1).detach().requires_grad_();
        var weights = randn(5, 4);
        (bsq.call(u).Values * weights).sum().backward();
        var tangent = weights - (weights * u).sum(-1, keepdim: true) * u; // the normalization takes the radial part away
        Assert.True(u.grad!.allclose(tangent.detach(), 1e-4, 1e-5));
    }
}
