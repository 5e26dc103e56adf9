using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>Sizes of the networks that make the books of an <see cref="ImplicitResidualQuantizer"/>.</summary>
/// <param name="HiddenDim">Width within a block.</param>
/// <param name="Blocks">Residual blocks of a stage.</param>
public sealed record ImplicitBookOptions(int HiddenDim = 64, int Blocks = 2)
{
    internal void Check()
    {
        if (HiddenDim < 1 || Blocks < 0) throw new ArgumentException($"A hidden width is at least 1 and blocks at least 0, got {HiddenDim} and {Blocks}.");
    }
}

/// <summary>
/// QINCo: residual quantization whose books depend on what is already known. A small network bends the codes of a stage to the sum of the stages before, for what is
/// left over is distributed differently in every cell. Untrained it is residual quantization with the books it was given.
/// </summary>
/// <remarks>Source: Huijben et al. 2024, section 3 (arXiv 2401.14732). All stages learn together: a stage's error teaches those before it, too.</remarks>
public sealed class ImplicitResidualQuantizer : Quantizer
{
    private const long MostNumbers = 1 << 22; // of bent codes that the search holds at a time, 16 MB

    private readonly Parameter books; // [M, K, D]
    private readonly CodeBender[] benders; // of all stages but the first, which knows nothing
    private readonly double commitment;

    /// <param name="books">[M, K, D], first values of the parameters; copied.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="commitment">beta: of the term that holds the vectors near their sums.</param>
    /// <exception cref="ArgumentException">Another number of dimensions, sizes below their least, or a negative weight.</exception>
    public ImplicitResidualQuantizer(Tensor books, ImplicitBookOptions? options = null, double commitment = 0.25)
        : base(books.dim() == 3 ? (int)books.shape[2] : throw new ArgumentException($"Books must have the shape [M, K, D], got [{string.Join(", ", books.shape)}].", nameof(books)), nameof(ImplicitResidualQuantizer))
    {
        options ??= new();
        options.Check();
        if (commitment is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The commitment weight must not be negative, got {commitment}.", nameof(commitment));
        this.commitment = commitment;
        this.books = new Parameter(books.detach().clone().DetachFromDisposeScope());
        benders = [.. Enumerable.Range(1, (int)books.shape[0] - 1).Select(_ => new CodeBender(Dim, options))];
        register_parameter("books", this.books);
        for (var i = 0; i < benders.Length; i++) register_module($"bender{i + 1}", benders[i]);
        BookSizes = [.. Enumerable.Repeat(books.shape[1], (int)books.shape[0])];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <inheritdoc/>
    protected override bool TakesPrefixes => true;

    /// <summary>Fitted to vectors by Adam, from the books of residual quantization.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="residual">Fitted to the same vectors, with books of one size; the start.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="steps">Batches.</param>
    /// <param name="batchSize">Vectors in a batch, drawn with replacement.</param>
    /// <param name="learningRate">Peak; falls linearly to 0.</param>
    /// <param name="random">Draws the batches; null: torch's own.</param>
    /// <returns>In evaluation mode.</returns>
    public static ImplicitResidualQuantizer Fit(
        Tensor vectors, ResidualQuantizer residual, ImplicitBookOptions? options = null, int steps = 300, int batchSize = 512, double learningRate = 2e-3, Generator? random = null)
    {
        using var start = residual.Books();
        var quantizer = new ImplicitResidualQuantizer(start, options);
        using var adam = optim.Adam(quantizer.parameters(), learningRate);
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            foreach (var group in adam.ParamGroups) group.LearningRate = learningRate * (1 - (double)step / steps);
            var batch = vectors.index_select(0, randint(vectors.shape[0], [batchSize], generator: random, device: vectors.device));
            adam.zero_grad();
            quantizer.QuantizeRows(batch).Loss.backward();
            adam.step();
        }
        quantizer.eval();
        return quantizer;
    }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = Encode(rows.detach());
        if (!training) return new(LookupRows(codes), codes, zeros([], rows.dtype, rows.device));
        var (sum, loss) = (zeros_like(rows.detach()), zeros([], rows.dtype, rows.device));
        for (var stage = 0; stage < BookSizes.Count; stage++)
        {
            sum = sum + Chosen(stage, codes.select(1, stage), sum);
            loss = loss + commitment * (rows - sum.detach()).square().mean() + (rows.detach() - sum).square().mean();
        }
        return new(GradientEstimator.StraightThrough.Apply(rows, sum), codes, loss);
    }

    /// <inheritdoc/>
    /// <remarks>A prefix of the codes gives the sum of the first stages.</remarks>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        var sum = zeros([codes.shape[0], Dim], books.dtype, codes.device);
        for (var stage = 0; stage < codes.shape[1]; stage++) sum = sum + Chosen(stage, codes.select(1, stage), sum);
        return sum;
    }

    // The best code of a stage is searched among all K bent ones, for a few vectors at a time.
    private Tensor Encode(Tensor rows)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (sum, codes) = (zeros_like(rows), new List<Tensor>());
        for (var stage = 0; stage < BookSizes.Count; stage++)
        {
            var code = stage == 0
                ? NearestCode.Search(rows, books[0])
                : cat([.. (rows - sum).split(Block).Zip(sum.split(Block), (left, known) => NearestBent(stage, left, known))]);
            sum = sum + Chosen(stage, code, sum);
            codes.Add(code);
        }
        return stack([.. codes], 1).MoveToOuterDisposeScope();
    }

    private long Block => Math.Max(1, MostNumbers / (books.shape[1] * Math.Max(Dim, benders.Length > 0 ? benders[0].HiddenDim : 0)));

    private Tensor NearestBent(int stage, Tensor left, Tensor known)
    {
        using var scope = NewDisposeScope();
        var bent = benders[stage - 1].Bend(books[stage].unsqueeze(0), known.unsqueeze(1)); // [n, K, D]
        return (left.unsqueeze(1) - bent).pow_(2).sum(-1).argmin(1).MoveToOuterDisposeScope();
    }

    private Tensor Chosen(int stage, Tensor code, Tensor known)
    {
        var vectors = books[stage].index_select(0, code);
        return stage == 0 ? vectors : benders[stage - 1].Bend(vectors, known);
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }

    // c + W [c; x] + b, then residual blocks of two layers. Last layers start at zero, and so the whole as the identity of c.
    private sealed class CodeBender : nn.Module
    {
        private readonly Linear ofCode, ofKnown;
        private readonly Linear[] widen, narrow;

        public CodeBender(int dim, ImplicitBookOptions options) : base(nameof(CodeBender))
        {
            HiddenDim = options.HiddenDim;
            (ofCode, ofKnown) = (Zero(Layers.Linear(dim, dim)), Zero(nn.Linear(dim, dim, hasBias: false)));
            widen = [.. Enumerable.Range(0, options.Blocks).Select(_ => Layers.Linear(dim, HiddenDim))];
            narrow = [.. Enumerable.Range(0, options.Blocks).Select(_ => Zero(Layers.Linear(HiddenDim, dim)))];
            register_module("of_code", ofCode);
            register_module("of_known", ofKnown);
            for (var i = 0; i < widen.Length; i++)
            {
                register_module($"widen{i}", widen[i]);
                register_module($"narrow{i}", narrow[i]);
            }
        }

        public int HiddenDim { get; }

        // Codes and what is known broadcast against each other: [..., D].
        public Tensor Bend(Tensor codes, Tensor known)
        {
            var bent = codes + ofCode.call(codes) + ofKnown.call(known); // W [c; x] by halves: the search has K codes and n sums, not n K of either
            foreach (var (up, down) in widen.Zip(narrow)) bent = bent + down.call(nn.functional.relu(up.call(bent)));
            return bent;
        }

        private static Linear Zero(Linear linear)
        {
            nn.init.zeros_(linear.weight);
            if (linear.bias is { } bias) nn.init.zeros_(bias);
            return linear;
        }

        protected override void RegisterComponents() { }
    }
}
