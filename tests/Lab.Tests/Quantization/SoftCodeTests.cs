using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

/// <summary>Codes by their distances: several, drawn, soft.</summary>
public sealed class SoftCodeTests
{
    [Fact]
    public void The_nearest_few_are_those_of_the_whole_table()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var (z, book) = (randn(2_100, 4) + 30, randn(4_500, 4) + 30); // more than a block of either, far from zero
        var (codes, distances) = NearestCode.Several(z, book, 7);
        var (expected, order) = (cdist(z.to(float64), book.to(float64)).square()).topk(7, 1, largest: false);
        Assert.True(codes.equal(order).to(float32).mean().item<float>() > 0.999); // what is equally near to float32 may change places
        Near.Equal(expected, distances.to(float64), 1e-4);
        Assert.True(codes.select(1, 0).equal(NearestCode.Search(z, book)).all().item<bool>());
        Assert.Equal([3, 2], NearestCode.Several(z[..3], book[..2], 2).Codes.shape);
    }

    [Fact]
    public void Drawn_codes_are_as_frequent_as_the_soft_ones_are_large()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        const int Draws = 40_000;
        const double Temperature = 0.7;
        var (z, book) = (randn(1, 3), randn(6, 3));
        var counts = NearestCode.Draw(z.expand(Draws, 3), book, Temperature).bincount(null, 6).to(float32);
        var expected = (-(z - book).square().sum(1) / Temperature).softmax(0) * Draws;
        Assert.True(((counts - expected).square() / expected).sum().item<float>() < 20.5); // chi-square of 5 degrees of freedom, 0.1 %
    }

    [Fact]
    public void At_a_low_temperature_the_nearest_code_is_drawn()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var (z, book) = (randn(50, 2), randn(5_000, 2)); // three blocks of codes
        Assert.True(NearestCode.Draw(z, book, 1e-9).equal(NearestCode.Search(z, book)).all().item<bool>());
    }

    [Fact]
    public void A_quantizer_draws_codes_in_training_alone()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        var quantizer = new VectorQuantizer(new LearnedCodebook(16, 3, CodebookStart.Normal)) { SamplingTemperature = 2 };
        var z = randn(200, 3);
        var nearest = NearestCode.Search(z, quantizer.Codebook.Vectors);
        Assert.InRange((quantizer.call(z).Codes[.., 0] == nearest).to(float32).mean().item<float>(), 0.02, 0.8);
        quantizer.eval();
        Assert.True(quantizer.call(z).Codes[.., 0].equal(nearest).all().item<bool>());
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.2)]
    public void Cross_entropy_and_its_gradients_are_those_of_the_whole_table(double temperature)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(5);
        var (z, book, codes) = (randn(300, 4).requires_grad_(), randn(1_500, 4).requires_grad_(), randint(1_500, [300])); // two chunks
        var made = new CodeCrossEntropyLoss(1, temperature).Of(z, book, codes);
        made.backward();
        var (other, table) = (z.detach().clone().requires_grad_(), book.detach().clone().requires_grad_());
        var logits = -(other.unsqueeze(1) - table).square().sum(-1) / temperature;
        var expected = nn.functional.cross_entropy(logits, codes);
        expected.backward();
        if (temperature == 1) Assert.Equal(expected.item<float>(), made.item<float>(), 1e-3); // at low ones, logits that mean 0 are cut off
        Near.Equal(other.grad!, z.grad!, 1e-3);
        Near.Equal(table.grad!, book.grad!, 1e-3);
    }

    [Fact]
    public void Cross_entropy_draws_a_vector_to_its_code_until_no_other_is_near()
    {
        using var scope = NewDisposeScope();
        var book = tensor(new float[,] { { 0, 0 }, { 10, 0 } });
        var far = tensor(new float[,] { { -5, 3 }, { 4.9f, 0 } }).requires_grad_();
        new CodeCrossEntropyLoss(1).Of(far, book, zeros(2, int64)).backward();
        Assert.Equal(0, far.grad![0].abs().max().item<float>(), 1e-6); // its distance alone does not count
        Assert.True(far.grad[1, 0].item<float>() > 1); // the border is near: away from the other code
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    public void Diversity_and_decision_have_the_gradients_of_the_whole_table(double decided)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(6);
        var (z, book) = (randn(300, 3).requires_grad_(), randn(1_000, 3).requires_grad_());
        var made = new CodeEntropyLoss(1, 1) { Decided = decided }.Of(z, book);
        made.backward();
        var (other, table) = (z.detach().clone().requires_grad_(), book.detach().clone().requires_grad_());
        var p = (-(other.unsqueeze(1) - table).square().sum(-1)).softmax(1);
        var mean = p.mean([0]);
        var expected = -decided * p.xlogy(p).sum(1).mean() + mean.xlogy(mean).sum();
        expected.backward();
        Assert.Equal(expected.item<float>(), made.item<float>(), 1e-4);
        Near.Equal(other.grad!, z.grad!, 1e-3);
        Near.Equal(table.grad!, book.grad!, 1e-3);
    }

    [Fact]
    public void Diversity_alone_is_least_where_all_codes_are_equally_frequent()
    {
        using var scope = NewDisposeScope();
        var (book, loss) = (3 * eye(4), new CodeEntropyLoss(1) { Decided = 0 });
        Assert.Equal(-Math.Log(4), loss.Of(book.repeat(5, 1), book).item<float>(), 1e-5);
        Assert.Equal(-Math.Log(4), loss.Of(zeros(5, 4), book).item<float>(), 1e-5); // undecided ones are as diverse
        Assert.Equal(0, loss.Of(book[..1].repeat(5, 1), book).item<float>(), 1e-5);
    }
}
