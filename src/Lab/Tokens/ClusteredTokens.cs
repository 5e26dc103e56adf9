using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>Tokens that became centres of soft clusters, or means over cells.</summary>
public sealed class ClusteredTokens : Reduction
{
    private readonly TokenClustering how;
    private readonly ClusterGrids grids;
    private readonly TokenPairs pairs;
    private readonly Tensor tokens, weights, shares; // Z [B, N, C]; [B, n, P] of pairs: those of a centre sum to 1; those of a token do

    internal ClusteredTokens(TokenClustering how, ClusterGrids grids, Tensor tokens, TokenPairs pairs, Tensor weights, Tensor shares)
    {
        (this.how, this.grids, this.pairs) = (how, grids, pairs);
        (this.tokens, this.weights, this.shares) = (tokens.alias(), weights, shares);
        Masses = shares.sum([2L]);
    }

    /// <summary>[B, n]: tokens that went to each centre, shares added up.</summary>
    public override Tensor Masses { get; }

    /// <summary>Rows and columns of centres.</summary>
    public (int Height, int Width) Grid => grids.Centres;

    /// <inheritdoc/>
    internal override IEnumerable<Tensor> Owned => [tokens, weights, shares, Masses, .. pairs.Owned];

    /// <inheritdoc/>
    public override Tensor Apply(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return pairs.Sums(weights, pairs.Prepare(tokens)).MoveToOuterDisposeScope();
    }

    /// <summary>Every token becomes a mean of the clusters that were most similar to it, or of those next to its place.</summary>
    /// <param name="reduced">[B, n, C].</param>
    /// <returns>[B, N, C].</returns>
    public override Tensor Restore(Tensor reduced)
    {
        using var scope = NewDisposeScope();
        return (how.Upsampling == TokenUpsampling.Bilinear ? Enlarged(reduced) : Reconstruction().matmul(reduced)).MoveToOuterDisposeScope();
    }

    /// <summary>The weights of clusters in reconstructed tokens. Both sides are compared as they were when the clusters were made.</summary>
    /// <returns>[B, N, n].</returns>
    public Tensor Reconstruction()
    {
        using var scope = NewDisposeScope();
        return new TokenReconstruction(how.Nearest, how.Tau, how.Norm).Weights(tokens, Apply(tokens)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Weights() => pairs.Dense(weights);

    /// <inheritdoc/>
    public override Tensor Assignment() => pairs.Dense(shares);

    private Tensor Enlarged(Tensor reduced)
    {
        var picture = reduced.transpose(1, 2).reshape(reduced.shape[0], reduced.shape[2], grids.Centres.Height, grids.Centres.Width);
        return nn.functional.interpolate(picture, [grids.Tokens.Height, grids.Tokens.Width], mode: InterpolationMode.Bilinear, align_corners: false).flatten(2).transpose(1, 2);
    }
}
