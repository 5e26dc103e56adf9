using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

/// <summary>What holds for every kind.</summary>
public sealed class QuantizerTests
{
    private const int Dim = 6;

    public static TheoryData<string> Kinds => [.. Make.Keys];

    private static readonly Dictionary<string, Func<Quantizer>> Make = new()
    {
        ["vector, moving averages"] = () => new VectorQuantizer(new EmaCodebook(32, Dim, CodebookStart.Normal)),
        ["vector, learned"] = () => new VectorQuantizer(new LearnedCodebook(32, Dim, CodebookStart.Uniform), GradientEstimator.Rotation),
        ["vector, on the sphere"] = () => new VectorQuantizer(new EmaCodebook(32, Dim) { OnSphere = true, RevivalThreshold = 2 }),
        ["vector, learned on the sphere"] = () => new VectorQuantizer(new LearnedCodebook(32, Dim) { OnSphere = true, RevivalThreshold = 2 }),
        ["vector, linear map"] = () => new VectorQuantizer(new LinearCodebook(32, Dim)),
        ["vector, soft"] = () => new SoftVectorQuantizer(new LearnedCodebook(32, Dim, CodebookStart.Normal)),
        ["vector, Gumbel"] = () => new GumbelQuantizer(new LearnedCodebook(32, Dim, CodebookStart.Normal)),
        ["vector, affine"] = () => new VectorQuantizer(new AffineCodebook(new EmaCodebook(32, Dim) { RevivalThreshold = 1 })),
        ["vector, affine and synchronous"] = () => new VectorQuantizer(new AffineCodebook(new LearnedCodebook(32, Dim, CodebookStart.Normal)), GradientEstimator.Synchronous(0.5)),
        ["vector, drawn and committed by cross entropy"] = () => new VectorQuantizer(new EmaCodebook(32, Dim, CodebookStart.Normal), commitment: 0) { SamplingTemperature = 1, CrossEntropy = new(1) },
        ["vector, Adam of its own"] = () => new VectorQuantizer(new AdamCodebook(32, Dim) { RevivalThreshold = 1 }),
        ["residual"] = () => new ResidualQuantizer([Book(16, Dim), Book(8, Dim), Book(4, Dim)]),
        ["residual, beam"] = () => new ResidualQuantizer([Book(16, Dim), Book(8, Dim), Book(4, Dim)]) { BeamWidth = 5 },
        ["residual, one book"] = () => new ResidualQuantizer([.. Enumerable.Repeat(Book(16, Dim), 3)]),
        ["residual finite scalar"] = () => new ResidualFiniteScalarQuantizer(3, [4, 3, 2, 5, 4, 3]),
        ["implicit residual"] = () => new ImplicitResidualQuantizer(randn(3, 8, Dim), new(16, 1)),
        ["latent"] = () => new LatentQuantizer(Dim, 5),
        ["product"] = () => new ProductQuantizer([Book(16, 4), Book(8, 2)]),
        ["optimized product"] = () => OptimizedProductQuantizer.Fit(randn(80, Dim), 2, 8, rounds: 2),
        ["additive"] = () => new AdditiveQuantizer(randn(3, 8, Dim)),
        ["several heads"] = () => new MultiHeadQuantizer(Book(16, Dim / 2), 2),
        ["several heads, residual"] = () => new MultiHeadQuantizer(new ResidualQuantizer([Book(8, 2), Book(4, 2)]), 3),
        ["grouped residual"] = () => new GroupedQuantizer([new ResidualQuantizer([Book(8, 4), Book(4, 4)]), Book(8, 2)]),
        ["projected"] = () => new ProjectedQuantizer(Dim, new FiniteScalarQuantizer(5, 5)),
        ["vector, orthogonal and diverse"] = () => new VectorQuantizer(new LearnedCodebook(32, Dim, CodebookStart.Normal)) { Entropy = new(0.1, 1), Orthogonality = new(10, MaxCodes: 8) },
        ["random projection"] = () => new RandomProjectionQuantizer(Dim, 3, 64),
        ["finite scalar"] = () => new FiniteScalarQuantizer(8, 5, 5, 5, 2, 3),
        ["finite scalar, symmetric"] = () => new FiniteScalarQuantizer(8, 5, 5, 5, 2, 3) { IsSymmetric = true, NoiseShare = 0.5 },
        ["finite scalar, cut off"] = () => new FiniteScalarQuantizer(8, 5, 5, 5, 2, 3) { IsHardBounded = true },
        ["finite scalar, rotated"] = () => new RotatedQuantizer(new FiniteScalarQuantizer(5, 5, 5, 5, 5, 5) { IsSymmetric = true }),
        ["gaussian scalar"] = () => new GaussianScalarQuantizer(Dim, 16, range: 3),
        ["lookup-free"] = () => new LookupFreeQuantizer(Dim),
        ["lookup-free, rotated and clamped"] = () => new RotatedQuantizer(new LookupFreeQuantizer(Dim) { SoftClamp = 2, EntropyShare = 0.5 }),
        ["binary spherical"] = () => new BinarySphericalQuantizer(Dim),
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Lookup_gives_the_values_bit_for_bit(string kind)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var quantizer = Make[kind]();
        quantizer.call(randn(64, Dim)); // a training step first: k-means, averages
        quantizer.eval();
        var quantized = quantizer.call(randn(3, 5, Dim) * 2);
        Assert.Equal([3, 5, Dim], quantized.Values.shape);
        Assert.Equal([3, 5, quantizer.BookSizes.Count], quantized.Codes.shape);
        Assert.True(quantizer.Lookup(quantized.Codes).equal(quantized.Values).all().item<bool>());
        Assert.Equal(0, quantized.Loss.item<float>());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Quantizing_the_values_again_changes_nothing(string kind)
    {
        if (kind.Contains("residual") || kind.Contains("additive") || kind.Contains("finite") || kind == "projected") return; // greedy sums, bounded channels and learned maps are no projections
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        var quantizer = Make[kind]();
        quantizer.call(randn(64, Dim));
        quantizer.eval();
        var once = quantizer.call(randn(20, Dim));
        Assert.True(quantizer.call(once.Values).Codes.equal(once.Codes).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_training_a_gradient_reaches_the_input(string kind)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        var quantizer = Make[kind]();
        quantizer.train();
        var z = randn(32, Dim).requires_grad_();
        var quantized = quantizer.call(z);
        (quantized.Values.square().mean() + quantized.Loss).backward();
        Assert.True(z.grad!.abs().sum().item<float>() > 0);
        Assert.True(z.grad!.isfinite().all().item<bool>());
        Assert.Equal(0, quantized.Loss.dim());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Masked_vectors_get_zeros_and_no_code_and_teach_nothing(string kind)
    {
        using var scope = NewDisposeScope();
        var mask = tensor(new[] { true, false, true, true, false, true, true, true }).repeat(8).reshape(8, 8);
        var state = new List<Dictionary<string, Tensor>>();
        for (var run = 0; run < 2; run++)
        {
            using var random = manual_seed(4);
            var quantizer = Make[kind]();
            var z = randn(8, 8, Dim);
            if (run == 1) z = where(mask.unsqueeze(-1), z, 1e3);
            using var again = manual_seed(5);
            var quantized = quantizer.Quantize(z, mask);
            Assert.Equal(0, quantized.Values.masked_select(mask.unsqueeze(-1).logical_not()).abs().sum().item<float>());
            Assert.True(quantized.Codes.masked_select(mask.unsqueeze(-1).logical_not()).eq(-1).all().item<bool>());
            Assert.True(quantized.Codes.masked_select(mask.unsqueeze(-1)).ge(0).all().item<bool>());
            state.Add(quantizer.state_dict());
        }
        foreach (var (name, value) in state[0]) Assert.True(value.equal(state[1][name]).all().item<bool>(), name);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Nothing_stays_behind(string kind)
    {
        using var random = manual_seed(6);
        using var quantizer = Make[kind]();
        using var z = randn(64, Dim);
        LiveTensors.NothingStays(() =>
        {
            using var quantized = quantizer.call(z);
            using var back = quantizer.Lookup(quantized.Codes);
        });
    }

    [Fact]
    public void Rates_add_up_over_books()
    {
        Assert.Equal(10, Book(1024, 4).BitsPerVector);
        Assert.Equal(80, new ResidualQuantizer([.. Enumerable.Range(0, 8).Select(_ => Book(1024, 4))]).BitsPerVector);
        Assert.Equal(10, new BinarySphericalQuantizer(10).BitsPerVector);
        Assert.Equal(Math.Log2(1000), new FiniteScalarQuantizer(8, 5, 5, 5).BitsPerVector, 12);
    }

    [Fact]
    public void Books_hold_as_many_numbers_as_the_survey_counts()
    {
        static long Numbers(nn.Module module) => module.named_buffers().Where(b => b.name.EndsWith("vectors")).Sum(b => b.buffer.numel());
        Assert.Equal(16 * 8, Numbers(new ProductQuantizer([Book(16, 2), Book(16, 2), Book(16, 2), Book(16, 2)]))); // K D
        Assert.Equal(4 * 16 * 8, Numbers(new ResidualQuantizer([Book(16, 8), Book(16, 8), Book(16, 8), Book(16, 8)]))); // M K D
        Assert.Empty(new FiniteScalarQuantizer(8, 5).state_dict());
        Assert.Empty(new LookupFreeQuantizer(8).state_dict());
    }

    [Fact]
    public void Bad_input_is_named()
    {
        var vq = Book(8, 4);
        vq.eval();
        Refused("4 wide", () => vq.call(randn(2, 5)));
        Refused("no vector", () => vq.call(randn(0, 4)));
        Refused("1 of 8 values are not finite", () => vq.call(tensor(new float[] { 1, 2, 3, 4, 5, float.NaN, 7, 8 }).reshape(2, 4)));
        Refused("must be bool of shape [2]", () => vq.Quantize(randn(2, 4), ones(3, ScalarType.Bool)));
        Refused("leaves no vector", () => vq.Quantize(randn(2, 4), zeros(2, ScalarType.Bool)));
        Refused("0..7, got 8", () => vq.Lookup(tensor(new long[] { 0, 8 }).reshape(2, 1)));
        Refused("0..7, got -1", () => vq.Lookup(tensor(new long[] { -1, 3 }).reshape(2, 1)));
        Refused("1 codes per vector", () => vq.Lookup(zeros([2, 3], ScalarType.Int64)));
        Refused("int64", () => vq.Lookup(zeros(2, 1)));
        Refused("at least 1 code, got 0", () => new EmaCodebook(0, 4));
        Refused("[0, 1), got 1", () => new EmaCodebook(4, 4, decay: 1));
        Refused("got 1 in [8, 1]", () => new FiniteScalarQuantizer(8, 1));
        Refused("at least 1, got 0", () => new FiniteScalarQuantizer());
        Refused("63 bits", () => new LookupFreeQuantizer(63));
        Refused("Groups of 4 bits must divide 6", () => new BinarySphericalQuantizer(6, groupBits: 4));
        Refused("3 slices do not divide a width of 8", () => OfflineFit.Product(randn(9, 8), 3, 4));
        Refused("9 vectors cannot have 10 centres", () => KMeans.Fit(randn(9, 2), 10));
        Refused("at least 1 stage", () => new ResidualQuantizer([]));
        Refused("must be 4 wide, one is 3", () => new ResidualQuantizer([Book(2, 4), Book(2, 3)]));
        Refused("[M, K, D]", () => new AdditiveQuantizer(randn(3, 4)));
        Refused("-1", () => new VectorQuantizer(new EmaCodebook(2, 2), commitment: -1));
        Refused("must not be negative, got -2", () => new VectorQuantizer(new EmaCodebook(2, 2) { RevivalThreshold = -2 }));
        Refused("must be 0, got 2", () => new VectorQuantizer(new LinearCodebook(2, 2) { RevivalThreshold = 2 }));
        Refused("at least 1 sum, got 0", () => new ResidualQuantizer([Book(2, 4)]) { BeamWidth = 0 });
        Refused("at least 1 head, got 0", () => new MultiHeadQuantizer(Book(2, 4), 0));
        Refused("at least 1 group", () => new GroupedQuantizer([]));
        Refused("1..4, got 5", () => new RandomProjectionQuantizer(4, 5, 8));
        Refused("at least 1 code, got 0", () => new RandomProjectionQuantizer(4, 2, 0));
        Refused("2 or more, got 1", () => new VectorQuantizer(new LearnedCodebook(2, 4)) { Orthogonality = new(1, 1) });
        Refused("must not be negative, got -1", () => new VectorQuantizer(new LearnedCodebook(2, 4)) { Orthogonality = new(-1) });
        Refused("moving averages have no gradient", () => new VectorQuantizer(new EmaCodebook(2, 4)) { Orthogonality = new(1) });
        Refused("-1 sweeps", () => new AdditiveQuantizer(randn(2, 2, 2)) { Sweeps = -1 });
        Refused("moving averages have none", () => new SoftVectorQuantizer(new EmaCodebook(2, 2)));
        Refused("-1", () => new GumbelQuantizer(new LearnedCodebook(2, 2), commitment: -1));
        Refused("[0, 1], got 1.5", () => new SoftVectorQuantizer(new LearnedCodebook(2, 2)).Anneal(1.5));
        Refused("do not fit", () => new FiniteScalarQuantizer([.. Enumerable.Repeat(1000, 7)]));
        Refused("must not be negative, got -1", () => GradientEstimator.Directional(-1));
        Refused("above 0, got 0", () => GradientEstimator.Synchronous(0));
        Refused("moving averages have none", () => new VectorQuantizer(new EmaCodebook(2, 2), GradientEstimator.Synchronous(1)));
        Refused("moving averages have none", () => new ResidualQuantizer([Book(2, 2)], GradientEstimator.Synchronous(1)));
        Refused("moving averages have none", () => new ProductQuantizer([Book(2, 2)], GradientEstimator.Synchronous(1)));
        Refused("must not be negative, got -1", () => new VectorQuantizer(new EmaCodebook(2, 2)) { SamplingTemperature = -1 });
        Refused("must not be negative, got -1", () => new VectorQuantizer(new EmaCodebook(2, 2)) { CrossEntropy = new(-1) });
        Refused("must be positive, got 0", () => new VectorQuantizer(new EmaCodebook(2, 2)) { CrossEntropy = new(1, 0) });
        Refused("must not be negative, got -1", () => new VectorQuantizer(new EmaCodebook(2, 2)) { Entropy = new(1) { Decided = -1 } });
        Refused("above 0, got 0", () => NearestCode.Draw(randn(2, 2), randn(3, 2), 0));
        Refused("1 to 3 can be the nearest, got 4", () => NearestCode.Several(randn(2, 2), randn(3, 2), 4));
        Refused("[0, 1), got 1", () => new AffineCodebook(new EmaCodebook(2, 2), batchDecay: 1));
        Refused("[0, 1), got -1", () => new AffineCodebook(new EmaCodebook(2, 2), bookDecay: -1));
        Refused("shifted and scaled", () => new AffineCodebook(new EmaCodebook(2, 2) { OnSphere = true }));
        Refused("shifted and scaled", () => new VectorQuantizer(new AffineCodebook(new EmaCodebook(2, 2)) { OnSphere = true }));
        Refused("option of the inner codebook", () => new VectorQuantizer(new AffineCodebook(new EmaCodebook(2, 2)) { RevivalThreshold = 1 }));
        Refused("cannot share a codebook", () => new ResidualQuantizer([.. Enumerable.Repeat(new VectorQuantizer(new AffineCodebook(new EmaCodebook(2, 2))), 2)]));
        Refused("at least 1 stage, got 0", () => new ResidualFiniteScalarQuantizer(0, [3]));
        Refused("got 1 in [3, 1]", () => new ResidualFiniteScalarQuantizer(1, [3, 1]));
        Refused("12 stages of 4 levels", () => new ResidualFiniteScalarQuantizer(12, [4]));
        Refused("do not fit", () => new ResidualFiniteScalarQuantizer(1, [.. Enumerable.Repeat(1000, 7)]));
        Refused("at least 2 levels, got 1", () => new LatentQuantizer(3, 1));
        Refused("must not be negative, got -1", () => new LatentQuantizer(3, 2, commitment: -1));
        Refused("must not be negative, got -2", () => new LatentQuantizer(3, 2, quantization: -2));
        Refused("[M, K, D]", () => new ImplicitResidualQuantizer(randn(3, 4)));
        Refused("got 0 and 1", () => new ImplicitResidualQuantizer(randn(2, 3, 4), new(0, 1)));
        Refused("must not be negative, got -1", () => new ImplicitResidualQuantizer(randn(2, 3, 4), commitment: -1));
    }

    private static VectorQuantizer Book(long size, int dim) => new(new EmaCodebook(size, dim, CodebookStart.Normal));

    private static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
}
