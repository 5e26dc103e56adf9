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

    [Theory]
    [InlineData(4, new[] { -1, -1 / 3.0, 1 / 3.0, 1 })]
    [InlineData(5, new[] { -1, -0.5, 0, 0.5, 1 })]
    [InlineData(2, new[] { -1.0, 1 })]
    public void Symmetric_levels_lie_alike_on_both_sides_of_zero(int levels, double[] expected)
    {
        var fsq = new FiniteScalarQuantizer(levels) { IsSymmetric = true };
        fsq.eval();
        var z = linspace(-20, 20, 4000).unsqueeze(1);
        var values = fsq.call(z).Values.unique().output.to(ScalarType.Float64).data<double>().ToArray();
        Assert.Equal(expected, values, (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.True(fsq.call(-z).Values.allclose(-fsq.call(z).Values)); // no z lies on a border
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cut_off_channels_keep_what_is_on_the_grid(bool symmetric)
    {
        var fsq = new FiniteScalarQuantizer(5) { IsHardBounded = true, IsSymmetric = symmetric };
        fsq.eval();
        Assert.Equal([-1f, -1, -0.5f, 0, 0.5f, 1, 1], fsq.call(tensor(new float[] { -9, -1, -0.5f, 0.1f, 0.4f, 1, 9 }).unsqueeze(1)).Values.data<float>().ToArray());
    }

    [Fact]
    public void Noise_stands_for_rounding_and_leaves_the_gradient_exact()
    {
        using var random = manual_seed(3);
        var fsq = new FiniteScalarQuantizer(5, 5) { NoiseShare = 1, IsSymmetric = true };
        var z = randn(4000, 2).requires_grad_();
        var made = fsq.call(z);
        var noise = (made.Values - z.tanh()).detach() * 2; // in steps
        Assert.InRange(noise.abs().max().item<float>(), 0.49, 0.5 + 1e-5);
        Assert.Equal(1 / 12.0, noise.square().mean().item<float>(), 3e-3);
        made.Values.sum().backward();
        Near.Equal(1 - z.detach().tanh().square(), z.grad!, 1e-5);

        fsq.eval();
        Assert.True(fsq.call(z).Codes.equal(made.Codes).all().item<bool>()); // codes are of the nearest level in either mode
    }

    [Fact]
    public void Half_of_the_channels_with_noise_leave_the_others_on_the_grid()
    {
        using var random = manual_seed(4);
        var steps = new FiniteScalarQuantizer(5, 5) { NoiseShare = 0.5 }.call(randn(2000, 2)).Values * 2;
        Assert.Equal(0.5, (steps - steps.round()).abs().le(1e-5).to(ScalarType.Float32).mean().item<float>(), 0.03);
    }

    [Fact]
    public void Entropies_of_a_share_are_those_of_some_of_the_vectors()
    {
        using var random = manual_seed(5);
        var rows = tensor(new float[] { 3, 3, 0.1f, 0.1f }).reshape(2, 2);
        double[] alone = [Loss(rows[..1], 1), Loss(rows[1..], 1)];
        var drawn = Enumerable.Range(0, 20).Select(_ => Math.Round(Loss(rows, 0.5), 5)).ToHashSet();
        Assert.Equal(alone.Select(loss => Math.Round(loss, 5)).Order(), drawn.Order());

        static double Loss(Tensor rows, double share) => new LookupFreeQuantizer(2, diversity: 0, commitment: 0) { EntropyShare = share }.call(rows).Loss.item<float>();
    }

    [Fact]
    public void A_soft_clamp_bounds_the_distance_to_the_code()
    {
        Assert.Equal(0.25 * 999 * 999, Loss(null), 1);
        Assert.Equal(0.25 * 2 * 2, Loss(3), 1e-4);

        static double Loss(double? clamp) => new LookupFreeQuantizer(1, entropyWeight: 0) { SoftClamp = clamp }.call(tensor(new float[] { 1000 }).reshape(1, 1)).Loss.item<float>();
    }

    [Fact]
    public void A_rotated_quantizer_is_the_inner_one_seen_from_another_side()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(6);
        var inner = new FiniteScalarQuantizer(5, 5, 5);
        var rotated = new RotatedQuantizer(inner);
        rotated.eval();
        var rotation = rotated.state_dict()["rotation"];
        Near.Equal(eye(3), rotation.matmul(rotation.t()), 1e-5);
        var z = randn(50, 3);
        var (seen, turned) = (rotated.call(z), inner.call(z.matmul(rotation)));
        Assert.True(seen.Codes.equal(turned.Codes).all().item<bool>());
        Near.Equal(turned.Values.matmul(rotation.t()), seen.Values, 1e-5);
    }

    [Fact]
    public void Where_two_channels_say_everything_a_rotation_shares_it_out_over_the_grid()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(7);
        var z = randn(4000, 6) * tensor(new float[] { 2, 2, 0.02f, 0.02f, 0.02f, 0.02f });
        Assert.True(Used(new RotatedQuantizer(Grid())) > 1.5 * Used(Grid()));

        double Used(Quantizer quantizer) => CodebookUse.Joint(quantizer.call(z).Codes, quantizer.BookSizes).Perplexity;
        static FiniteScalarQuantizer Grid() => new(5, 5, 5, 5, 5, 5) { IsSymmetric = true };
    }

    [Fact]
    public void Options_outside_their_range_are_refused_by_name()
    {
        Refused("NoiseShare must lie in 0..1, got 1.5", () => new FiniteScalarQuantizer(5) { NoiseShare = 1.5 });
        Refused("EntropyShare must lie above 0 and at most at 1, got 0", () => new LookupFreeQuantizer(3) { EntropyShare = 0 });
        Refused("SoftClamp must be positive, got -1", () => new LookupFreeQuantizer(3) { SoftClamp = -1 });

        static void Refused(string words, Func<object> make) => Assert.Contains(words, Assert.Throws<ArgumentException>(make).Message);
    }
}
