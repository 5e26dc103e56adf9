using Lab.ImageTokenizers;
using Lab.Quantization;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>Sizes and weights of a factorized bottleneck.</summary>
/// <param name="Books">k: independent books, one code of each per position.</param>
/// <param name="BookSize">K: codes of each.</param>
/// <param name="Width">Channels of the base feature that all branches read.</param>
public sealed record FactorizedOptions(int Books, long BookSize, int Width)
{
    /// <summary>Channels of a code.</summary>
    public int CodeDim { get; init; } = 8;

    /// <summary>lambda 1: of the squared cosines between the codes of a position.</summary>
    public double Disentangle { get; init; }

    /// <summary>lambda 2: of the InfoNCE between what the later books say and a teacher's features.</summary>
    public double Represent { get; init; }

    /// <summary>Depths of the teacher network whose features guide book 2, book 3, ...; needed where <see cref="Represent"/> is not 0.</summary>
    public IReadOnlyList<int> TeacherTaps { get; init; } = [];

    /// <summary>Channels of those features.</summary>
    public IReadOnlyList<int> TeacherWidths { get; init; } = [];

    /// <summary>Keeps codes decided and diverse.</summary>
    public CodeEntropyLoss Entropy { get; init; } = new(0.03);

    /// <summary>Stored codes, whatever they combine to.</summary>
    public long StoredCodes => Books * BookSize;

    /// <exception cref="ArgumentException">A value outside its range.</exception>
    internal void Check()
    {
        if (Books < 1) throw new ArgumentException($"There must be at least 1 book, got {Books}.");
        if (CodeDim < 1) throw new ArgumentException($"A code needs at least 1 channel, got {CodeDim}.");
        if (Disentangle is not (>= 0 and < double.PositiveInfinity) || Represent is not (>= 0 and < double.PositiveInfinity))
            throw new ArgumentException($"Weights of losses must not be negative, got {nameof(Disentangle)} {Disentangle} and {nameof(Represent)} {Represent}.");
        if (TeacherTaps.Count != (Represent > 0 ? Books - 1 : 0) || TeacherWidths.Count != TeacherTaps.Count)
            throw new ArgumentException($"All {Books} books but the first need a teacher where {nameof(Represent)} is not 0 ({Represent}), and none otherwise; got {TeacherTaps.Count} depths and {TeacherWidths.Count} widths.");
    }
}

/// <summary>
/// k branches read one base feature. Each adapts it, quantizes it with a book of its own, and the decoder gets all codes
/// side by side: books of K codes combine to K^k.
/// </summary>
/// <remarks>Source: FQGAN, sections 3.1 and 3.2 (arXiv 2411.16681). The adapters are convolutional here; the paper's are transformers.</remarks>
public sealed class FactorizedBottleneck : Bottleneck
{
    private readonly (nn.Module<Tensor, Tensor> Adapter, Quantizer Quantizer)[] branches;
    private readonly FeaturePredictor[] predictors;

    /// <param name="options">Sizes and weights.</param>
    /// <param name="quantizer">Makes the quantizer of a branch; null: nearest codes on the sphere, as in the paper.</param>
    /// <exception cref="ArgumentException">An option outside its range, or a quantizer of another width.</exception>
    public FactorizedBottleneck(FactorizedOptions options, Func<Quantizer>? quantizer = null) : base(nameof(FactorizedBottleneck))
    {
        options.Check();
        Options = options;
        branches = [.. Enumerable.Range(0, options.Books).Select(_ => (Adapter(options), quantizer?.Invoke() ?? OnSphere(options)))];
        predictors = [.. options.TeacherWidths.Select(width => new FeaturePredictor(options.CodeDim, width))];
        foreach (var (i, (adapter, book)) in branches.Index())
        {
            if (book.Dim != options.CodeDim) throw new ArgumentException($"Quantizers must be {options.CodeDim} wide, one is {book.Dim}.", nameof(quantizer));
            register_module($"adapter{i}", adapter);
            register_module($"quantizer{i}", book);
        }
        for (var i = 0; i < predictors.Length; i++) register_module($"predictor{i}", predictors[i]);
        BookSizes = [.. branches.SelectMany(branch => branch.Quantizer.BookSizes)];
    }

    /// <summary>Sizes and weights.</summary>
    public FactorizedOptions Options { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    public override int EncoderChannels(int zChannels) => zChannels == Options.Books * Options.CodeDim
        ? Options.Width
        : throw new ArgumentException($"{Options.Books} codes of {Options.CodeDim} channels make {Options.Books * Options.CodeDim} channels, the tokenizer has {zChannels}.", nameof(zChannels));

    /// <inheritdoc/>
    public override Quantized forward(Tensor z)
    {
        using var scope = NewDisposeScope();
        var made = branches.Select(branch => branch.Quantizer.call(branch.Adapter.call(z).permute(0, 2, 3, 1))).ToArray(); // each [B, h, w, d]
        var values = made.Select(branch => branch.Values).ToArray();
        var loss = made.Select(branch => branch.Loss).Aggregate((sum, one) => sum + one);
        if (training && Options.Disentangle > 0) loss = loss + Options.Disentangle * DisentangleLoss.Of(values);
        return new Quantized(ToGrid(values), cat([.. made.Select(branch => branch.Codes)], -1), loss).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public override Tensor Lookup(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return ToGrid([.. CodesByBranch(codes).Select((own, i) => branches[i].Quantizer.Lookup(own))]).MoveToOuterDisposeScope();
    }

    /// <summary>How far the later books are from saying what the teacher sees: the paper's representation loss, weighted.</summary>
    /// <param name="latents">[B, k d, h, w]: what the decoder got.</param>
    /// <param name="teacher">Its features are centred over the batch: after a ReLU or SiLU all would point one way.</param>
    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>Scalar; 0 where no book has a teacher.</returns>
    public Tensor Representation(Tensor latents, FeatureNet teacher, Tensor images)
    {
        if (predictors.Length == 0) return zeros([], device: latents.device);
        using var scope = NewDisposeScope();
        var targets = Targets(teacher, images);
        var losses = predictors.Select((predictor, i) => Losses.InfoNce(predictor.call(Branch(latents, i + 1)), targets[i])).ToArray();
        return (Options.Represent * stack(losses).sum()).MoveToOuterDisposeScope();
    }

    /// <summary>What one book contributes.</summary>
    /// <param name="latents">[B, k d, h, w].</param>
    /// <param name="book">From 0.</param>
    /// <returns>[B, d, h, w], a view.</returns>
    public Tensor Branch(Tensor latents, int book) => latents.narrow(1, book * Options.CodeDim, Options.CodeDim);

    /// <inheritdoc/>
    internal override long Macs(Tensor z) => branches.Sum(branch => Metrics.MacCounter.Count(branch.Adapter, z).Total);

    private Tensor[] Targets(FeatureNet teacher, Tensor images)
    {
        using var noGrad = no_grad();
        var taps = teacher.Taps(images);
        return [.. Options.TeacherTaps.Select(tap => taps[tap].mean([2, 3])).Select(features => features - features.mean([0L], keepdim: true))];
    }

    private IEnumerable<Tensor> CodesByBranch(Tensor codes)
    {
        var start = 0;
        foreach (var (_, quantizer) in branches)
        {
            yield return codes.narrow(-1, start, quantizer.BookSizes.Count);
            start += quantizer.BookSizes.Count;
        }
    }

    private static Tensor ToGrid(IReadOnlyList<Tensor> values) => cat([.. values], -1).permute(0, 3, 1, 2).contiguous();

    private static nn.Module<Tensor, Tensor> Adapter(FactorizedOptions options) =>
        nn.Sequential([new ResidualBlock(options.Width, options.Width), .. Blocks.Head(options.Width, Blocks.Conv1(options.Width, options.CodeDim))]);

    private static VectorQuantizer OnSphere(FactorizedOptions options) =>
        new(new LearnedCodebook(options.BookSize, options.CodeDim, CodebookStart.Uniform) { OnSphere = true }) { Entropy = options.Entropy };

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
