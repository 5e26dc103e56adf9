using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class SoftQuantizerTests
{
    [Fact]
    public void Training_gives_the_mean_of_the_codes_by_softmax_of_squared_distances()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var quantizer = new SoftVectorQuantizer(new LearnedCodebook(5, 3, CodebookStart.Normal));
        quantizer.Anneal(0.5);
        Assert.Equal(Math.Sqrt(0.1), quantizer.Temperature, 12);
        var (z, book) = (randn(7, 3), quantizer.Codebook.Vectors);
        var distances = (z.unsqueeze(1) - book.unsqueeze(0)).square().sum(-1);
        Near.Equal((-distances / quantizer.Temperature).softmax(-1).matmul(book), quantizer.call(z).Values);
    }

    [Fact]
    public void The_colder_the_nearer_to_what_evaluation_gives()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        var quantizer = new SoftVectorQuantizer(new LearnedCodebook(8, 2, CodebookStart.Normal));
        var z = randn(200, 2);
        var gaps = new[] { 0.0, 0.5, 1.0 }.Select(progress =>
        {
            quantizer.train();
            quantizer.Anneal(progress);
            var soft = quantizer.call(z).Values;
            quantizer.eval();
            return (soft - quantizer.call(z).Values).square().mean().item<float>();
        }).ToArray();
        Assert.True(gaps[0] > gaps[1] && gaps[1] > gaps[2], string.Join(", ", gaps));
    }

    [Fact]
    public void Gumbel_gives_codes_as_often_as_their_weights_say_at_every_temperature()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var quantizer = new GumbelQuantizer(new LearnedCodebook(3, 1, CodebookStart.Normal));
        var book = quantizer.Codebook.Vectors;
        var expected = (-(0.2 - book.squeeze(1)).square()).softmax(-1);
        foreach (var progress in new[] { 0.0, 1.0 })
        {
            quantizer.Anneal(progress);
            var values = quantizer.call(full([20_000, 1], 0.2)).Values;
            var share = (values - book.t()).abs().lt(1e-4).to(ScalarType.Float32).mean([0]); // every value is one of the codes
            Assert.Equal(1, share.sum().item<float>(), 1e-4);
            Assert.InRange((share - expected).abs().max().item<float>(), 0, 0.02);
        }
    }
}
