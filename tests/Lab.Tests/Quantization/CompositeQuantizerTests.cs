using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class CompositeQuantizerTests
{
    [Fact]
    public void One_stage_or_one_slice_is_vector_quantization()
    {
        using var random = manual_seed(1);
        var x = randn(100, 4);
        var vq = OfflineFit.Vector(x, 16);
        var expected = vq.call(x);
        foreach (Quantizer one in new Quantizer[] { new ResidualQuantizer([vq]), new ProductQuantizer([vq]) })
        {
            one.eval();
            var actual = one.call(x);
            Assert.True(actual.Codes.equal(expected.Codes).all().item<bool>());
            Assert.True(actual.Values.equal(expected.Values).all().item<bool>());
        }
    }

    [Fact]
    public void Stages_take_away_ever_less_and_any_prefix_decodes()
    {
        using var random = manual_seed(2);
        var x = randn(500, 6);
        var rvq = OfflineFit.Residual(x, 4, 16);
        var codes = rvq.call(x).Codes;
        var errors = Enumerable.Range(1, 4).Select(m => (x - rvq.Lookup(codes.narrow(1, 0, m))).square().mean().item<float>()).Prepend(x.square().mean().item<float>()).ToArray();
        var removed = errors.Zip(errors.Skip(1), (before, after) => before - after).ToArray();
        Assert.All(removed, r => Assert.True(r > 0));
        Assert.Equal(removed.OrderDescending(), removed);
    }

    [Theory]
    [InlineData(1, 1, new long[] { 1, 2, 3, 4, 5 })]
    [InlineData(3, 1, new long[] { 3, 4, 5 })]
    [InlineData(1, 2, new long[] { 2, 4, 5 })]
    [InlineData(5, 4, new long[] { 5 })]
    public void Stages_left_out_in_training_have_no_code(int atLeast, int multipleOf, long[] expected)
    {
        using var random = manual_seed(3);
        var rvq = new ResidualQuantizer(Stages(5), dropout: new(atLeast, multipleOf));
        var used = Enumerable.Range(0, 60).Select(_ => rvq.call(randn(5, 2)).Codes[0].ge(0).sum().item<long>()).ToHashSet();
        Assert.Equal(expected, used.Order());
        rvq.eval();
        Assert.True(rvq.call(randn(5, 2)).Codes.ge(0).all().item<bool>());
    }

    [Fact]
    public void A_dropout_that_does_not_fit_the_stages_is_refused()
    {
        Refused("AtLeast must lie in 1..3, the number of stages, got 4", () => new ResidualQuantizer(Stages(3), dropout: new(4)));
        Refused("MultipleOf must lie in 1..3, the number of stages, got 0", () => new ResidualFiniteScalarQuantizer(3, [3], new(1, 0)));

        static void Refused(string words, Func<object> make) => Assert.Contains(words, Assert.Throws<ArgumentException>(make).Message);
    }

    private static VectorQuantizer[] Stages(int count) => [.. Enumerable.Range(0, count).Select(_ => new VectorQuantizer(new EmaCodebook(8, 2, CodebookStart.Normal)))];

    [Fact]
    public void A_beam_of_one_is_the_greedy_search_and_a_wide_one_finds_the_best()
    {
        using var random = manual_seed(4);
        var x = randn(60, 5);
        var books = Enumerable.Range(0, 3).Select(_ => randn(4, 5)).ToArray();
        var rvq = new ResidualQuantizer([.. books.Select(Fixed)]);
        rvq.eval();
        Assert.True(BeamSearch.Residual(x, books, 1).equal(rvq.call(x).Codes).all().item<bool>());

        // All 64 sums.
        var all = cartesian_prod([arange(4, ScalarType.Int64), arange(4, ScalarType.Int64), arange(4, ScalarType.Int64)]);
        var sums = Enumerable.Range(0, 3).Select(m => books[m].index_select(0, all.select(1, m))).Aggregate((a, b) => a + b);
        var best = cdist(x, sums).amin([1]);
        var found = BeamSearch.Residual(x, books, 16);
        var errors = (x - Enumerable.Range(0, 3).Select(m => books[m].index_select(0, found.select(1, m))).Aggregate((a, b) => a + b)).norm(1, p: 2f);
        Assert.True(errors.allclose(best, 1e-4, 1e-5));
    }

    [Fact]
    public void Additive_books_of_disjoint_channels_are_product_quantization()
    {
        using var random = manual_seed(5);
        var x = randn(200, 6);
        var pq = OfflineFit.Product(x, 3, 8);
        var books = zeros(3, 8, 6);
        for (var m = 0; m < 3; m++) books[m, .., (2 * m)..(2 * m + 2)] = pq.Lookup(arange(8, ScalarType.Int64).unsqueeze(1).expand(8, 3))[.., (2 * m)..(2 * m + 2)];
        var aq = new AdditiveQuantizer(books);
        aq.eval();
        Assert.True(aq.call(x).Codes.equal(pq.call(x).Codes).all().item<bool>());
    }

    [Fact]
    public void Choosing_again_never_makes_it_worse()
    {
        using var random = manual_seed(6);
        var aq = new AdditiveQuantizer(randn(4, 16, 8));
        var x = randn(300, 8) * 2;
        var codes = randint(16, [300, 4], ScalarType.Int64);
        for (var sweep = 0; sweep < 4; sweep++)
        {
            var next = aq.ChooseAgain(x, codes);
            var (before, after) = ((x - aq.Lookup(codes)).square().sum(1), (x - aq.Lookup(next)).square().sum(1));
            Assert.True((after <= before + 1e-4).all().item<bool>());
            codes = next;
        }
    }

    [Fact]
    public void The_rotation_is_orthogonal_and_helps_where_channels_hang_together()
    {
        using var random = manual_seed(7);
        var x = Clusters(1200, 16);
        var plain = Nmse(OfflineFit.Product(x, 4, 16), x);
        var turned = OptimizedProductQuantizer.Fit(x, 4, 16);
        turned.eval();
        Assert.True(turned.Rotation.matmul(turned.Rotation.t()).allclose(eye(16), 1e-4, 1e-4));
        Assert.True(Nmse(turned, x) < 0.9 * plain);
    }

    [Fact]
    public void At_equal_bits_additive_beats_residual_beats_product()
    {
        using var random = manual_seed(8);
        var x = Clusters(1500, 16);
        var product = Nmse(OfflineFit.Product(x, 4, 16), x);
        var residual = OfflineFit.Residual(x, 4, 16);
        var additive = AdditiveQuantizer.Fit(x, residual, rounds: 4);
        additive.eval();
        var (r, a) = (Nmse(residual, x), Nmse(additive, x));
        Assert.True(r <= 0.8 * product, $"{r} {product}");
        Assert.True(a <= 0.85 * r, $"{a} {r}");
        Assert.True(Nmse(OfflineFit.Residual(x, 4, 16, beamWidth: 8), x) < r);
    }

    [Fact]
    public void A_quantizer_of_several_books_passes_the_gradient_on_once()
    {
        using var random = manual_seed(9);
        foreach (Quantizer quantizer in new Quantizer[]
        {
            new ResidualQuantizer([.. Enumerable.Range(0, 3).Select(_ => new VectorQuantizer(new EmaCodebook(8, 4, CodebookStart.Normal), commitment: 0))]),
            new ProductQuantizer([.. Enumerable.Range(0, 2).Select(_ => new VectorQuantizer(new EmaCodebook(8, 2, CodebookStart.Normal), commitment: 0))]),
        })
        {
            var z = randn(10, 4).requires_grad_();
            var upstream = randn(10, 4);
            quantizer.call(z).Values.backward([upstream]);
            Assert.True(z.grad!.allclose(upstream));
        }
    }

    private static VectorQuantizer Fixed(Tensor vectors)
    {
        var book = new EmaCodebook(vectors.shape[0], (int)vectors.shape[1], CodebookStart.Normal);
        book.Replace(vectors);
        return new(book);
    }

    private static double Nmse(Quantizer quantizer, Tensor x)
    {
        using var scope = NewDisposeScope();
        return ((x - quantizer.call(x).Values).square().sum() / (x - x.mean([0])).square().sum()).item<float>();
    }

    // The survey's fixed vectors: clusters, noise of low rank, white noise.
    private static Tensor Clusters(int count, int dim) =>
        (randn(24, dim) * 0.7).index_select(0, randint(24, [count], ScalarType.Int64)) + randn(count, 6).matmul(randn(6, dim) * 0.8) * 0.6 + randn(count, dim) * 0.25;

    [Fact]
    public void Heads_choose_from_one_book()
    {
        using var scope = NewDisposeScope();
        var book = new VectorQuantizer(new EmaCodebook(16, 3, CodebookStart.Normal));
        var heads = new MultiHeadQuantizer(book, 2);
        heads.eval();
        var z = randn(10, 6);
        var (made, first, second) = (heads.call(z), book.call(z[.., ..3]), book.call(z[.., 3..]));
        Assert.True(made.Values.equal(cat([first.Values, second.Values], 1)).all().item<bool>());
        Assert.True(made.Codes.equal(cat([first.Codes, second.Codes], 1)).all().item<bool>());
        Assert.Equal(16, heads.state_dict().Single(weight => weight.Key.EndsWith("vectors")).Value.shape[0]);
    }

    [Fact]
    public void Groups_of_plain_books_are_product_quantization()
    {
        using var scope = NewDisposeScope();
        Quantizer Make(bool grouped)
        {
            using var random = manual_seed(4);
            VectorQuantizer[] parts = [new(new EmaCodebook(8, 2, CodebookStart.Normal)), new(new EmaCodebook(8, 4, CodebookStart.Normal))];
            return grouped ? new GroupedQuantizer(parts) : new ProductQuantizer(parts);
        }
        var (grouped, product, z) = (Make(true), Make(false), randn(20, 6));
        var (a, b) = (grouped.call(z), product.call(z));
        Assert.True(a.Codes.equal(b.Codes).all().item<bool>());
        Near.Equal(b.Values, a.Values);
        Assert.Equal(b.Loss.item<float>(), a.Loss.item<float>(), 1e-6);
    }

    [Fact]
    public void A_frozen_book_stays_while_vectors_are_drawn_to_it()
    {
        foreach (Codebook book in new Codebook[] { new EmaCodebook(8, 3, CodebookStart.Normal) { RevivalThreshold = 2 }, new LearnedCodebook(8, 3, CodebookStart.Normal), new EmaCodebook(8, 3) })
        {
            using var scope = NewDisposeScope();
            var quantizer = new VectorQuantizer(book) { Entropy = new(1, 1) };
            book.IsFrozen = true;
            var before = quantizer.state_dict().ToDictionary(weight => weight.Key, weight => weight.Value.clone());
            var z = randn(30, 3).requires_grad_();
            quantizer.call(z).Loss.backward();
            Assert.True(z.grad!.abs().sum().item<float>() > 0);
            Assert.All(quantizer.state_dict(), weight => Assert.True(weight.Value.equal(before[weight.Key]).all().item<bool>()));
            Assert.All(quantizer.parameters(), weight => Assert.Null(weight.grad));
        }
    }

    [Fact]
    public void Orthogonality_is_nothing_for_orthogonal_codes_and_most_for_equal_ones()
    {
        using var scope = NewDisposeScope();
        var loss = new CodeOrthogonalityLoss(1);
        Assert.Equal(0, loss.Of(3 * eye(5)).item<float>(), 1e-6);
        Assert.Equal(1 - 1 / 5f, loss.Of(ones(5, 4)).item<float>(), 1e-5);
        var codes = randn(40, 8).requires_grad_();
        var before = loss.Of(codes);
        before.backward();
        Assert.True(loss.Of(codes.detach() - codes.grad!).item<float>() < before.item<float>());
        Assert.Equal(before.item<float>(), Enumerable.Range(0, 400).Average(_ => new CodeOrthogonalityLoss(1, 10).Of(codes.detach()).item<float>() / (1 - 1 / 10.0) * (1 - 1 / 40.0)), 5e-3);
    }

    [Fact]
    public void Random_projections_label_what_is_near_alike()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        var quantizer = new RandomProjectionQuantizer(16, 4, 32);
        quantizer.eval();
        var z = randn(200, 16);
        var (codes, near, far) = (quantizer.call(z).Codes, quantizer.call(z + 1e-3 * randn(200, 16)).Codes, quantizer.call(randn(200, 16)).Codes);
        Assert.True((codes == near).to(ScalarType.Float32).mean().item<float>() > 0.97);
        Assert.True((codes == far).to(ScalarType.Float32).mean().item<float>() < 0.2);
        Assert.True(codes.equal(quantizer.call(5 * z).Codes).all().item<bool>()); // the length of a vector does not count
        Assert.Empty(quantizer.parameters());
    }
}
