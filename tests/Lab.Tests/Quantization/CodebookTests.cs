using CsCheck;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

public sealed class CodebookTests
{
    [Fact]
    public void The_search_by_blocks_finds_what_the_whole_table_of_distances_has() =>
        Gen.Select(Gen.Int[1, 5000], Gen.Int[1, 5000], Gen.Int[1, 9], Gen.Int[0, 1000]).Sample((n, k, dim, seed) =>
        {
            using var scope = NewDisposeScope();
            using var random = manual_seed(seed);
            var (vectors, book) = (randn(n, dim, ScalarType.Float64), randn(k, dim, ScalarType.Float64));
            var nearest = NearestCode.Search(vectors, book);
            var found = (vectors - book.index_select(0, nearest)).square().sum(1);
            var least = cdist(vectors, book, compute_mode: TorchSharp.compute_mode.donot_use_mm_for_euclid_dist).square().amin([1]);
            Assert.True(found.allclose(least, 0, 1e-12)); // products of numbers about 10 round to 1e-15: of two codes so near to being equal either may win
        }, iter: 12, threads: 1);

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Narrow_types_find_what_the_same_numbers_find_in_float32(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var (vectors, book) = (randn(3000, 8).to(type), (10 + randn(2500, 8)).to(type));
        Assert.True(NearestCode.Search(vectors, book).equal(NearestCode.Search(vectors.to(ScalarType.Float32), book.to(ScalarType.Float32))).all().item<bool>());
    }

    [Fact]
    public void Of_equal_codes_the_first_is_taken()
    {
        var book = zeros(5000, 2);
        Assert.Equal(0, NearestCode.Search(randn(3, 2), book).max().item<long>());
    }

    [Fact]
    public void Without_memory_codes_are_the_centres_of_their_vectors()
    {
        using var random = manual_seed(1);
        var book = new EmaCodebook(4, 3, CodebookStart.Normal, decay: 0);
        var z = randn(200, 3);
        var codes = NearestCode.Search(z, book.Vectors);
        new VectorQuantizer(book).call(z);
        for (var code = 0; code < 4; code++)
        {
            var own = z.index_select(0, codes.eq(code).nonzero().squeeze(1));
            if (own.shape[0] > 0) Assert.True(book.Vectors[code].allclose(own.mean([0]), 1e-3, 1e-3));
        }
        Assert.Equal(200, book.Smoothed().sum().item<float>(), 1e-2);
    }

    [Fact]
    public void Evaluation_teaches_nothing()
    {
        var vq = new VectorQuantizer(new EmaCodebook(8, 3, CodebookStart.Normal) { RevivalThreshold = 2 });
        var before = vq.Codebook.Vectors.clone();
        vq.eval();
        vq.call(randn(50, 3));
        Assert.True(vq.Codebook.Vectors.equal(before).all().item<bool>());
    }

    [Fact]
    public void K_means_starts_from_the_first_batch_even_a_small_one()
    {
        using var random = manual_seed(2);
        var vq = new VectorQuantizer(new EmaCodebook(64, 3));
        vq.call(randn(10, 3) + 100);
        Assert.True(vq.Codebook.Vectors.min().item<float>() > 90);
        Assert.Equal(64, vq.Codebook.Vectors.unique(dim: 0).output.shape[0]);
    }

    [Fact]
    public void A_book_with_an_optimizer_of_its_own_takes_the_steps_of_Adam()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(8);
        var vq = new VectorQuantizer(new AdamCodebook(6, 3, CodebookStart.Normal, learningRate: 0.05));
        var expected = new TorchSharp.Modules.Parameter(vq.Codebook.Vectors.clone());
        using var adam = optim.Adam([expected], 0.05);
        for (var step = 0; step < 20; step++)
        {
            var z = randn(40, 3) + 1;
            adam.zero_grad();
            (z - expected.index_select(0, NearestCode.Search(z, expected.detach()))).square().mean().backward();
            adam.step();
            vq.call(z);
        }
        Near.Equal(expected.detach(), vq.Codebook.Vectors, 1e-5);
        Assert.Empty(vq.parameters()); // nothing for the network's optimizer
    }

    [Fact]
    public void A_frozen_book_with_an_optimizer_of_its_own_stands_still()
    {
        using var scope = NewDisposeScope();
        var vq = new VectorQuantizer(new AdamCodebook(6, 3, CodebookStart.Normal));
        vq.Codebook.IsFrozen = true;
        var before = vq.Codebook.Vectors.clone();
        vq.call(randn(50, 3));
        Assert.True(vq.Codebook.Vectors.equal(before).all().item<bool>());
        Assert.Contains("must be positive, got 0", Assert.Throws<ArgumentException>(() => new AdamCodebook(6, 3, learningRate: 0)).Message);
    }

    public static TheoryData<string> BooksOfVectors => ["averages", "learned", "Adam"];

    [Theory]
    [MemberData(nameof(BooksOfVectors))]
    public void Dead_codes_come_back_among_the_vectors(string kind)
    {
        using var random = manual_seed(3);
        Codebook book = kind switch
        {
            "averages" => new EmaCodebook(32, 2, CodebookStart.Normal) { RevivalThreshold = 1 },
            "learned" => new LearnedCodebook(32, 2, CodebookStart.Normal) { RevivalThreshold = 1 },
            _ => new AdamCodebook(32, 2, CodebookStart.Normal) { RevivalThreshold = 1 },
        };
        var vq = new VectorQuantizer(book);
        CodebookUse first = null!, last = null!;
        for (var i = 0; i < 40; i++)
        {
            using var scope = NewDisposeScope();
            last = CodebookUse.Of(vq.call(randn(256, 2) * 0.1 + 5).Codes, 32);
            first ??= last;
        }
        Assert.True(first.Usage <= 0.1);
        Assert.True(last.Usage >= 0.9, $"{last.Usage}");
    }

    [Fact]
    public void Codes_on_the_sphere_stay_there()
    {
        using var random = manual_seed(4);
        var vq = new VectorQuantizer(new EmaCodebook(16, 4) { OnSphere = true });
        for (var i = 0; i < 5; i++) vq.call(randn(100, 4) * 3);
        Assert.True(vq.Codebook.Vectors.norm(1, p: 2f).allclose(ones(16)));
    }

    [Fact]
    public void K_means_finds_groups_that_lie_apart()
    {
        using var random = manual_seed(6);
        var groups = tensor(new float[] { 0, 0, 10, 0, 0, 10, 10, 10 }).reshape(4, 2);
        var vectors = (groups.repeat(50, 1) + randn(200, 2) * 0.1);
        var centres = KMeans.Fit(vectors, 4);
        Assert.True(cdist(groups, centres).amin([1]).max().item<float>() < 0.2);
    }

    [Fact]
    public void Use_of_even_codes_and_of_one()
    {
        var even = CodebookUse.Of(arange(64, ScalarType.Int64).remainder(16), 32);
        Assert.Equal((0.5, 16.0, 4.0, 16L), (even.Usage, Math.Round(even.Perplexity, 9), Math.Round(even.Bits, 9), even.Dead));
        Assert.Equal(1, CodebookUse.Of(zeros([9], ScalarType.Int64), 4).Perplexity, 9);
        var pairs = tensor(new long[] { 0, 0, 0, 1, 1, 0, 1, 1 }).reshape(4, 2);
        Assert.Equal(4, CodebookUse.Joint(pairs, [2, 2]).Perplexity, 9);
        Assert.Contains("0..3, got 4", Assert.Throws<ArgumentException>(() => CodebookUse.Of(tensor(new long[] { 4 }), 4)).Message);
        Assert.Contains("no codes", Assert.Throws<ArgumentException>(() => CodebookUse.Of(tensor(new long[] { -1 }), 4)).Message);
    }
}
