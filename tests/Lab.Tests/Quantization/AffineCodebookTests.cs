using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class AffineCodebookTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Shifted_and_scaled_vectors_keep_their_codes(bool learned)
    {
        using var scope = NewDisposeScope();
        var z = Vectors();
        var (scale, shift) = (20, tensor(new float[] { 5, -3, 100, 0 })); // one scale: others would change what is nearest
        var (plain, moved) = (Quantizer(learned), Quantizer(learned));
        var (first, second) = (plain.call(z), moved.call(z * scale + shift));
        Assert.True(first.Codes.equal(second.Codes).to(float32).mean().item<float>() > 0.99);
        Assert.True(first.Codes.unique().output.numel() > 8);
        plain.eval();
        moved.eval();
        Near.Equal(plain.call(z).Values * scale + shift, moved.call(z * scale + shift).Values, 1e-3);
    }

    [Fact]
    public void Codes_have_the_mean_and_deviation_of_the_batch()
    {
        using var scope = NewDisposeScope();
        var quantizer = Quantizer(learned: true);
        var z = 7 * Vectors() + 3;
        quantizer.call(z);
        Near.Equal(z.mean([0]), quantizer.Codebook.Vectors.mean([0]), 1e-4);
        Near.Equal(z.var(0, unbiased: false), quantizer.Codebook.Vectors.var(0, unbiased: false), 1e-4);
    }

    [Fact]
    public void Codes_that_nothing_chooses_go_along()
    {
        using var scope = NewDisposeScope();
        var book = new AffineCodebook(new EmaCodebook(64, 4, CodebookStart.Normal), batchDecay: 0);
        var quantizer = new VectorQuantizer(book);
        var z = Vectors()[..20];
        quantizer.call(z);
        var before = book.Vectors.clone();
        var codes = quantizer.call(z + 50).Codes.unique().output;
        var idle = ones(64, ScalarType.Bool).index_fill_(0, codes, false).nonzero().squeeze(1);
        Assert.True(idle.numel() > 40);
        Assert.InRange((book.Vectors - before).index_select(0, idle).mean().item<float>(), 45, 55);
    }

    [Fact]
    public void Moving_averages_learn_in_the_space_of_the_inner_book()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var book = new AffineCodebook(new EmaCodebook(4, 4, CodebookStart.Normal, decay: 0), batchDecay: 0, bookDecay: 0);
        var quantizer = new VectorQuantizer(book);
        var z = Vectors();
        var codes = quantizer.call(z).Codes.squeeze(1);
        var (sums, counts) = KMeans.Sums(z, codes, 4);
        Assert.True(counts.min().item<float>() > 0);
        Near.Equal(sums / counts.unsqueeze(1), book.Vectors, 1e-4); // without a memory, codes are the means of their vectors
    }

    [Fact]
    public void Learned_codes_get_the_gradient_times_the_scale()
    {
        using var scope = NewDisposeScope();
        var inner = new LearnedCodebook(16, 4, CodebookStart.Normal);
        var book = new AffineCodebook(inner);
        new VectorQuantizer(book).call(5 * Vectors() + 1);
        var (upstream, step, eps) = (randn(16, 4), randn(16, 4), 1e-2f);
        (book.Vectors * upstream).sum().backward();
        var predicted = (inner.Vectors.grad! * step).sum().item<float>();
        var before = (book.Vectors * upstream).sum().item<float>();
        using (no_grad()) inner.Vectors.add_(step, eps);
        var after = (book.Vectors * upstream).sum().item<float>();
        Assert.Equal(predicted, (after - before) / eps, 1e-2 * Math.Abs(predicted) + 0.05);
    }

    private static Tensor Vectors()
    {
        using var random = manual_seed(7);
        return randn(500, 4);
    }

    private static VectorQuantizer Quantizer(bool learned)
    {
        using var random = manual_seed(8);
        return new(new AffineCodebook(learned ? new LearnedCodebook(16, 4, CodebookStart.Normal) : new EmaCodebook(16, 4, CodebookStart.Normal)));
    }
}
