using Lab.ImageTokenizers;
using Lab.Nn;
using Lab.Papers.Fqgan;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.Fqgan;

/// <summary>The published sizes.</summary>
public sealed class FqganModelTests
{
    public static TheoryData<string, FqganOptions, long> Tokenizers => new()
    {
        { "dual, 16", FqganOptions.Dual(VqGanOptions.Factor16), 150_410_131 },
        { "dual, 8", FqganOptions.Dual(VqGanOptions.Factor8), 150_209_427 },
        { "dual, 16, without predictor", FqganOptions.Dual(VqGanOptions.Factor16) with { WithPredictors = false }, 111_294_355 },
        { "dual, 8, without predictor", FqganOptions.Dual(VqGanOptions.Factor8) with { WithPredictors = false }, 110_307_219 },
        { "triple, 16", FqganOptions.Triple(VqGanOptions.Factor16), 159_295_515 },
        { "triple, 8", FqganOptions.Triple(VqGanOptions.Factor8), 159_586_331 },
    };

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Published_tokenizers_have_their_parameters(string name, FqganOptions options, long expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, MetaDevice.Parameters(() => new FqganTokenizer(options)));
    }

    [Fact]
    public void A_single_book_without_adapter_has_the_parameters_of_LlamaGen()
    {
        foreach (var (options, expected) in new[] { (VqGanOptions.Factor16, 71_883_403L), (VqGanOptions.Factor8, 70_109_835L) })
        {
            var networks = MetaDevice.Parameters(() => new VqGanEncoder(options)) + MetaDevice.Parameters(() => new VqGanDecoder(options)) + MetaDevice.Parameters(() => new VqGanHead(options));
            long maps = 2 * 8 * 256 + 8 + 256, book = 16_384 * 8;
            Assert.Equal(expected, networks + maps + book);
        }
    }

    [Fact]
    public void Adapters_have_their_parameters()
    {
        Assert.Equal(19_047_424, MetaDevice.Parameters(() => new FactorizedAdapter(16, 512)));
        Assert.Equal(19_440_640, MetaDevice.Parameters(() => new FactorizedAdapter(32, 512)));
    }

    [Fact]
    public void Published_generators_have_their_parameters()
    {
        Assert.Equal(12_847_104, MetaDevice.Parameters(() => new LlamaBlock(1024, 16)));
        Assert.Equal(20_318_720, MetaDevice.Parameters(() => new LlamaBlock(1280, 20)));
        Assert.Equal(417_104_896, MetaDevice.Parameters(() => new Far(FarOptions.B(2))));
        Assert.Equal(901_195_520, MetaDevice.Parameters(() => new Far(FarOptions.L(2))));
        Assert.Equal(451_707_904, MetaDevice.Parameters(() => new Far(FarOptions.B(3))));
        Assert.Equal(944_776_960, MetaDevice.Parameters(() => new Far(FarOptions.L(3))));
    }

    [Fact]
    public void A_small_one_of_the_published_kind_gives_pictures_and_codes()
    {
        using var scope = NewDisposeScope();
        var network = new VqGanOptions([1, 1, 1, 1], Channels: 32, Depth: 1, ZChannels: 16);
        using var tokenizer = new FqganTokenizer(new FqganOptions(network, [16]) { BookSize = 32 });
        tokenizer.eval();
        var (images, codes) = tokenizer.call(randn(1, 3, 256, 256));
        Assert.Equal([1, 3, 256, 256], images.shape);
        Assert.Equal([1, 32, 32, 2], codes.shape);
        using var predictor = new TeacherPredictor(8, 32, 16);
        Assert.Equal([1, 16], predictor.call(randn(1, 8, 32, 32)).shape);
    }

    [Fact]
    public void Logits_of_the_generator_see_codes_before_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        using var far = Small(books: 3);
        var (codes, labels) = (randint(4, [2, 4, 3]), randint(5, [2]));
        var logits = far.call(codes, labels);
        for (var position = 0; position < 4; position++)
            for (var book = 0; book < 3; book++)
            {
                var other = codes.clone();
                other[.., position, book] = (codes[.., position, book] + 1).remainder(4);
                var changed = far.call(other, labels).Zip(logits, (a, b) => (a - b).abs().amax([0, 2])).ToArray(); // [N] per book
                for (var n = 0; n < 4; n++)
                    for (var m = 0; m < 3; m++)
                        Assert.Equal(n > position || (n == position && m > book), changed[m][n].item<float>() > 1e-7);
            }
    }

    [Fact]
    public void Probabilities_of_the_generator_sum_to_one()
    {
        using var scope = NewDisposeScope();
        using var far = Small(books: 2);
        var all = cartesian_prod(arange(4), arange(4)).view(16, 1, 2);
        var logits = far.call(all, zeros(16, ScalarType.Int64));
        var likelihood = Enumerable.Range(0, 2).Select(book => logits[book][.., 0].log_softmax(1).gather(1, all[.., 0, book..(book + 1)])).Aggregate((a, b) => a + b);
        Assert.Equal(1, likelihood.exp().sum().item<float>(), 1e-5);
    }

    [Fact]
    public void Turned_places_are_compared_by_their_distance()
    {
        using var scope = NewDisposeScope();
        var turns = RotaryGrid.Turns(4, 8);
        Assert.Equal([17, 4, 2], turns.shape);
        var (q, k) = (randn(1, 1, 1, 8), randn(1, 1, 1, 8));
        float Score(int from, int to) => (RotaryGrid.Turn(q, turns[from..(from + 1)]) * RotaryGrid.Turn(k, turns[to..(to + 1)])).sum().item<float>();
        Assert.Equal((q * k).sum().item<float>(), Score(0, 0), 1e-5); // the class is not turned, nor erased
        Assert.Equal(Score(1, 6), Score(6, 11), 1e-5); // one row and one column on
        Assert.Equal(Score(2, 10), Score(7, 15), 1e-5); // two rows on
        Assert.NotEqual(Score(1, 2), Score(1, 5), 1e-3); // a column is no row
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        Assert.Contains("6", Assert.Throws<ArgumentException>(() => RotaryGrid.Turns(2, 6)).Message);
        Assert.Throws<ArgumentException>(() => RotaryGrid.Turns(0, 8));
        Assert.Contains("3 heads", Assert.Throws<ArgumentException>(() => new LlamaBlock(16, 3)).Message);
        Assert.Throws<ArgumentException>(() => new Far(FarOptions.B(0)));
    }

    private static Far Small(int books)
    {
        using var generator = manual_seed(3);
        var far = new Far(new FarOptions(16, 1, 1, 2, books) { BookSize = 4, Grid = 2, Classes = 5 });
        using var noGrad = no_grad();
        foreach (var weight in far.parameters()) weight.mul_(weight.dim() > 1 ? 10 : 1);
        far.eval();
        return far;
    }
}
