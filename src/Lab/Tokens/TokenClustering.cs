using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>How clustered tokens become as many as there were.</summary>
public enum TokenUpsampling
{
    /// <summary>Every token is a mean of the clusters most similar to it, see <see cref="TokenReconstruction"/>.</summary>
    Reconstruction,

    /// <summary>By place alone: clusters are a small picture, which is enlarged bilinearly.</summary>
    Bilinear,
}

/// <summary>
/// Tokens of a picture become fewer cluster centres on a smaller grid, by a few rounds of soft k-means in which a token sees only the
/// centres around its place. Nothing is trained.
/// </summary>
/// <param name="Tau">Multiplies squared distances, so the larger, the harder the clusters; what is large depends on the model's features.</param>
/// <remarks>Source: Liang et al. 2022, section 3 (arXiv 2210.01035); ops/cluster.py of the reference repositories.</remarks>
public sealed record TokenClustering(double Tau) : ITokenReducer
{
    /// <summary>Multiplies squared distances, here and in the reconstruction.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public double Tau { get; init; } = TokenReconstruction.Checked(Tau);

    /// <summary>Rows and columns of centres; null: as many of one as of the other.</summary>
    public (int Height, int Width)? Centres { get; init; }

    /// <summary>Rounds, κ; without any, centres are plain means over cells of the grid.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 0.</exception>
    public int Iterations
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "There cannot be fewer than 0 rounds.");
    } = 5;

    /// <summary>λ: a token sees the centres of so many rows and columns, its own cell in the middle.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Even, or below 1.</exception>
    public int Window
    {
        get;
        init => field = value >= 1 && value % 2 == 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A window has a cell in its middle, so its side is odd.");
    } = 5;

    /// <summary>
    /// Distances to all centres are computed, and those outside of the window masked, as the released code does: the same clusters by more
    /// multiply-adds, but in few large products, which small models are faster with.
    /// </summary>
    public bool AllPairs { get; init; }

    /// <summary>How tokens come back.</summary>
    public TokenUpsampling Upsampling { get; init; } = TokenUpsampling.Reconstruction;

    /// <summary>k: clusters that a token is reconstructed from.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Nearest { get; init => field = TokenReconstruction.Checked(value); } = 20;

    /// <summary>Of the weights of the reconstruction.</summary>
    public WeightNorm Norm { get; init; } = WeightNorm.L1;

    /// <inheritdoc/>
    public string Name => $"{(Iterations == 0 ? "average pooling" : "clustering")}{(Upsampling == TokenUpsampling.Bilinear ? ", bilinear" : "")}";

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">More rows or columns of centres than of tokens, or a number that is not theirs.</exception>
    /// <exception cref="InvalidOperationException">Tokens that lie on no grid: they were reduced before.</exception>
    public Reduction Reduce(TokenView view, int keep)
    {
        Reduction.Check(view.Count, keep);
        var tokens = view.Grid ?? throw new InvalidOperationException("Clusters are neighbours on the grid of a picture, and these tokens lie on none.");
        var grids = new ClusterGrids(tokens, CentreGrid(tokens, keep));
        using var scope = NewDisposeScope();
        var cells = grids.Cells(view.Tokens.device);
        var pooled = new ClusteredTokens(this, grids, view.Tokens, cells, cells.Means(view.Tokens.shape[0]), cells.Shares(view.Tokens.shape[0]));
        return (Iterations == 0 ? pooled : Clustered(view.Tokens, grids, pooled.Apply(view.Tokens))).MoveToOuterDisposeScope();
    }

    /// <summary>Clustering counts two products in every round, of a token with each of λ² centres or with all; the reconstruction a distance to all centres and a mean of k.</summary>
    /// <inheritdoc/>
    public long Macs(long tokens, long keep, long dim, long keyDim)
    {
        var clustering = 2L * Iterations * tokens * (AllPairs ? keep : Math.Min(Window * Window, keep)) * dim;
        return clustering + (Upsampling == TokenUpsampling.Bilinear ? 4 * tokens * dim : tokens * keep * dim + tokens * Math.Min(Nearest, keep) * dim);
    }

    private ClusteredTokens Clustered(Tensor tokens, ClusterGrids grids, Tensor centres)
    {
        var window = grids.Window(Window, AllPairs, tokens.device);
        var near = window.Prepare(tokens);
        for (var round = 1; ; round++)
        {
            var closeness = 2 * window.Products(centres, near) - centres.square().sum([2L], keepdim: true); // -|S - Z|^2 but for |Z|^2, the same for all centres of a token
            var shares = window.SoftmaxOverCentres(Tau * closeness); // q
            var weights = shares / shares.sum([2L], keepdim: true).clamp_min(1e-16);
            if (round == Iterations) return new(this, grids, tokens, window, weights, shares);
            centres = window.Sums(weights, near);
        }
    }

    private (int Height, int Width) CentreGrid((int Height, int Width) tokens, int keep)
    {
        var side = (int)Math.Round(Math.Sqrt(keep));
        if (Centres is null && side * side != keep) throw new ArgumentException($"{keep} centres are no square: say how many rows and columns they have.", nameof(keep));
        var (height, width) = Centres ?? (side, side);
        if (height * width != keep) throw new ArgumentException($"{height} x {width} centres are not {keep}.", nameof(keep));
        if (height > tokens.Height || width > tokens.Width) throw new ArgumentException($"{height} x {width} centres do not fit a grid of {tokens.Height} x {tokens.Width} tokens.", nameof(keep));
        return (height, width);
    }
}
