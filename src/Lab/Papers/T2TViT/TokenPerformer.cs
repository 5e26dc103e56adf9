using Lab.Metrics;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>
/// The same with Performer attention: exp(q.k) is replaced by the product of random features of q and of k, so that sums over all tokens are made once and
/// the cost is linear in their number.
/// </summary>
/// <remarks>
/// Sources: section 3.1 (arXiv 2101.11986); Choromanski et al. 2020, lemma 1 (arXiv 2009.14794); names of weights as in
/// github.com/yitu-opensource/T2T-ViT, token_performer.py.
/// </remarks>
public sealed class TokenPerformer : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private const double Dropout = 0.1, Epsilon = 1e-8;

    private readonly int tokenDim;
    private readonly Parameter directions; // [m, e], never trained
    private readonly Linear kqv, projection;
    private readonly LayerNorm norm1, norm2;
    private readonly Sequential mlp;

    /// <param name="dim">Width of a token from the split.</param>
    /// <param name="tokenDim">e: width of a token behind.</param>
    /// <param name="kernelRatio">m / e.</param>
    public TokenPerformer(int dim, int tokenDim, double kernelRatio = 0.5) : base(nameof(TokenPerformer))
    {
        this.tokenDim = tokenDim;
        var features = (int)(kernelRatio * tokenDim);
        directions = new Parameter(OrthogonalRows(features, tokenDim), requires_grad: false);
        (kqv, projection) = (Layers.Linear(dim, 3 * tokenDim), Layers.Linear(tokenDim, tokenDim));
        (norm1, norm2) = (nn.LayerNorm(dim), nn.LayerNorm(tokenDim));
        mlp = nn.Sequential(Layers.Linear(tokenDim, tokenDim), nn.GELU(), Layers.Linear(tokenDim, tokenDim), nn.Dropout(Dropout));
        register_parameter("w", directions);
        (string, nn.Module)[] parts = [("kqv", kqv), ("proj", projection), ("norm1", norm1), ("norm2", norm2), ("mlp", mlp)];
        foreach (var (name, part) in parts) register_module(name, part);
    }

    /// <param name="tokens">[B, L, d].</param>
    /// <returns>[B, L, e].</returns>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var parts = kqv.call(norm1.call(tokens)).split(tokenDim, -1);
        var (k, q, v) = (parts[0], parts[1], parts[2]); // [B, L, e]
        var mixed = Attend(Features(q), Features(k), v);
        var y = v + nn.functional.dropout(projection.call(mixed), Dropout, training);
        return (y + mlp.call(norm2.call(y))).MoveToOuterDisposeScope();
    }

    /// <summary>phi: positive features whose products are, in the mean over directions, exp(u.w).</summary>
    /// <param name="vectors">[..., e].</param>
    /// <returns>[..., m].</returns>
    internal Tensor Features(Tensor vectors) => Features(vectors, directions);

    /// <inheritdoc cref="Features(Tensor)"/>
    /// <param name="vectors">[..., e].</param>
    /// <param name="directions">[m, e].</param>
    internal static Tensor Features(Tensor vectors, Tensor directions)
    {
        using var scope = NewDisposeScope();
        var half = vectors.square().sum(-1, keepdim: true) / 2;
        return ((vectors.matmul(directions.t()) - half).exp() / Math.Sqrt(directions.shape[0])).MoveToOuterDisposeScope();
    }

    /// <summary>Means of v, weighted by the products of features.</summary>
    /// <param name="q">[B, L, m].</param>
    /// <param name="k">[B, L, m].</param>
    /// <param name="v">[B, L, e].</param>
    /// <returns>[B, L, e].</returns>
    internal static Tensor Attend(Tensor q, Tensor k, Tensor v)
    {
        using var scope = NewDisposeScope();
        var weights = q.matmul(k.sum([1L], keepdim: true).transpose(1, 2)); // [B, L, 1]
        return (q.matmul(k.transpose(1, 2).matmul(v)) / (weights + Epsilon)).MoveToOuterDisposeScope();
    }

    // Rows of length sqrt m, orthogonal to each other.
    private static Tensor OrthogonalRows(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var (q, _) = linalg.qr(randn(columns, rows));
        return (q.t() * Math.Sqrt(rows)).contiguous().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    MacCount ICountsMacs.Count(long[] input, long[] output)
    {
        var features = directions.shape[0];
        return new(0, input[0] * input[1] * (4 * features * tokenDim + features));
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
