using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>
/// Additive quantization: the vector is a sum of codes, one of every book, and nothing ties the books to each other. More
/// exact than residual quantization, and harder: the best codes are searched, and the books solved for together.
/// </summary>
/// <remarks>Sources: Babenko and Lempitsky 2014; iterated conditional modes: Martinez et al. 2016.</remarks>
public sealed class AdditiveQuantizer : Quantizer
{
    private const double Ridge = 1e-3;

    private readonly Parameter books; // [M, K, D]
    private readonly GradientEstimator estimator;
    private readonly double commitment;

    /// <param name="books">[M, K, D], first values of the parameters; copied.</param>
    /// <param name="estimator">Null: straight-through.</param>
    /// <param name="commitment">beta: of the term that holds the vectors near their codes.</param>
    /// <exception cref="ArgumentException">Another number of dimensions.</exception>
    public AdditiveQuantizer(Tensor books, GradientEstimator? estimator = null, double commitment = 0.25)
        : base(books.dim() == 3 ? (int)books.shape[2] : throw new ArgumentException($"Books must have the shape [M, K, D], got [{string.Join(", ", books.shape)}].", nameof(books)), nameof(AdditiveQuantizer))
    {
        this.books = new Parameter(books.detach().clone());
        this.estimator = estimator ?? GradientEstimator.StraightThrough;
        this.commitment = commitment;
        BookSizes = [.. Enumerable.Repeat(books.shape[1], (int)books.shape[0])];
        register_parameter("books", this.books);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes { get; }

    /// <summary>[M, K, D].</summary>
    public Tensor Books => books;

    /// <summary>Partial sums that the search keeps.</summary>
    /// <exception cref="ArgumentException">Below 1.</exception>
    public int BeamWidth { get; init => field = BeamSearch.Width(value); } = 8;

    /// <summary>Rounds in which every code is chosen again, the others held: never worse.</summary>
    /// <exception cref="ArgumentException">Below 0.</exception>
    public int Sweeps { get; init => field = value >= 0 ? value : throw new ArgumentException($"There cannot be {value} sweeps.", nameof(Sweeps)); } = 2;

    /// <summary>Books fitted to vectors: from those of residual quantization, codes and books are improved by turns.</summary>
    /// <param name="vectors">[N, D].</param>
    /// <param name="residual">Trained on the same vectors, with books of one size; the start.</param>
    /// <param name="beamWidth">Of the search, in the fit and later.</param>
    /// <param name="sweeps">Of the search, in the fit and later.</param>
    /// <param name="rounds">Turns.</param>
    /// <returns>In evaluation mode.</returns>
    public static AdditiveQuantizer Fit(Tensor vectors, ResidualQuantizer residual, int beamWidth = 8, int sweeps = 2, int rounds = 6)
    {
        using var noGrad = no_grad();
        using var start = residual.Books();
        var quantizer = new AdditiveQuantizer(start) { BeamWidth = beamWidth, Sweeps = sweeps };
        for (var round = 0; round < rounds; round++)
        {
            using var scope = NewDisposeScope();
            quantizer.Solve(vectors, quantizer.Encode(vectors));
        }
        quantizer.eval();
        return quantizer;
    }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var codes = Encode(rows.detach());
        var q = LookupRows(codes);
        if (!training) return new(q, codes, zeros([], rows.dtype, rows.device));
        var loss = commitment * (rows - q.detach()).square().mean() + (rows.detach() - q).square().mean();
        return new(estimator.Apply(rows, q), codes, loss);
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes)
    {
        var sum = books[0].index_select(0, codes.select(1, 0));
        for (var i = 1; i < BookSizes.Count; i++) sum = sum + books[i].index_select(0, codes.select(1, i));
        return sum;
    }

    /// <summary>The codes that the search finds.</summary>
    /// <param name="rows">[N, D].</param>
    /// <returns>[N, M].</returns>
    internal Tensor Encode(Tensor rows)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var codes = BeamSearch.Residual(rows, [.. Enumerable.Range(0, BookSizes.Count).Select(i => books[i])], BeamWidth);
        for (var sweep = 0; sweep < Sweeps; sweep++) codes = ChooseAgain(rows, codes);
        return codes.MoveToOuterDisposeScope();
    }

    /// <summary>One round of iterated conditional modes.</summary>
    internal Tensor ChooseAgain(Tensor rows, Tensor codes)
    {
        var chosen = codes.clone();
        var residual = rows - LookupRows(chosen);
        for (var i = 0; i < BookSizes.Count; i++)
        {
            var others = residual + books[i].index_select(0, chosen.select(1, i)); // what is left for this book
            var code = NearestCode.Search(others, books[i]);
            residual = others - books[i].index_select(0, code);
            chosen.select(1, i).copy_(code);
        }
        return chosen;
    }

    // Least squares for all books at once: W = (B^T B + r I)^-1 B^T X B [N, M K] is 1 at the codes.
    private void Solve(Tensor vectors, Tensor codes)
    {
        var (m, k) = (BookSizes.Count, BookSizes[0]);
        var assigned = zeros([vectors.shape[0], m * k], vectors.dtype, vectors.device)
            .scatter_(1, codes + arange(m, ScalarType.Int64, vectors.device) * k, ones(1, vectors.dtype, vectors.device).expand(codes.shape));
        var normal = assigned.t().matmul(assigned) + Ridge * eye(m * k, dtype: vectors.dtype, device: vectors.device);
        books.copy_(linalg.solve(normal, assigned.t().matmul(vectors)).view(m, k, Dim));
    }

    /// <summary>The books are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
