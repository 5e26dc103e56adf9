using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Which tokens centres draw on, and the arithmetic between the two. P is the number of pairs of a centre that are computed.</summary>
internal abstract class TokenPairs
{
    /// <summary>The tables.</summary>
    public abstract IEnumerable<Tensor> Owned { get; }

    /// <summary>What the products below need of the tokens; it stays while centres move.</summary>
    /// <param name="tokens">[B, N, C].</param>
    public abstract Tensor Prepare(Tensor tokens);

    /// <summary>Of centres and tokens.</summary>
    /// <param name="centres">[B, n, C].</param>
    /// <param name="prepared">See <see cref="Prepare"/>.</param>
    /// <returns>[B, n, P].</returns>
    public abstract Tensor Products(Tensor centres, Tensor prepared);

    /// <summary>Every token is spread over the centres that draw on it.</summary>
    /// <param name="logits">[B, n, P].</param>
    /// <returns>[B, n, P]; 0 for pairs that are none.</returns>
    public abstract Tensor SoftmaxOverCentres(Tensor logits);

    /// <summary>Weighted sums of tokens.</summary>
    /// <param name="weights">[B, n, P].</param>
    /// <param name="prepared">See <see cref="Prepare"/>.</param>
    /// <returns>[B, n, C].</returns>
    public abstract Tensor Sums(Tensor weights, Tensor prepared);

    /// <summary>Values of pairs as a matrix.</summary>
    /// <param name="values">[B, n, P], 0 for pairs that are none.</param>
    /// <returns>[B, n, N].</returns>
    public abstract Tensor Dense(Tensor values);
}

/// <summary>All pairs, of which some are masked: most multiply-adds, in few large products.</summary>
internal sealed class AllPairs : TokenPairs
{
    private readonly Tensor mask; // [n, N], 0 for pairs and -inf for others

    /// <param name="grids">Of tokens and centres.</param>
    /// <param name="meet">Whether a centre draws on a token.</param>
    /// <param name="device">Of the mask.</param>
    public AllPairs(ClusterGrids grids, Func<(int Y, int X), (int Y, int X), bool> meet, Device device)
    {
        var (tokens, centres) = (ClusterGrids.Places(grids.Tokens), ClusterGrids.Places(grids.Centres));
        mask = tensor(centres.SelectMany(centre => tokens.Select(token => meet(token, centre) ? 0 : float.NegativeInfinity)).ToArray(), [centres.Length, tokens.Length], device: device);
    }

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Owned => [mask];

    /// <inheritdoc/>
    public override Tensor Prepare(Tensor tokens) => tokens.alias();

    /// <inheritdoc/>
    public override Tensor Products(Tensor centres, Tensor prepared) => centres.matmul(prepared.transpose(1, 2));

    /// <inheritdoc/>
    public override Tensor SoftmaxOverCentres(Tensor logits) => (logits + mask).softmax(1);

    /// <inheritdoc/>
    public override Tensor Sums(Tensor weights, Tensor prepared) => weights.matmul(prepared);

    /// <inheritdoc/>
    public override Tensor Dense(Tensor values) => values.alias();
}
