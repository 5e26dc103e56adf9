using Lab.Tokens;

namespace Lab.Papers.ExpeditingVit;

/// <summary>How tokens become fewer, and come back.</summary>
public enum ExpediteMethod
{
    /// <summary>The paper's: clustered, and reconstructed by similarity.</summary>
    Clustering,

    /// <summary>Means over cells instead of clusters, reconstructed by similarity.</summary>
    Pooling,

    /// <summary>Clustered, and enlarged bilinearly.</summary>
    ClusteringBilinear,

    /// <summary>Means over cells, enlarged bilinearly: what anybody would try first.</summary>
    PoolingBilinear,

    /// <summary>ToMe at the cost of <see cref="Clustering"/>; tokens come back as copies of what they were merged into.</summary>
    Merging,

    /// <summary>The tokens that attention looks at least are dropped, at the cost of <see cref="Clustering"/>; they come back as copies of the most similar one that was kept.</summary>
    Pruning,
}

/// <summary>One way to expedite a model.</summary>
/// <param name="Method">How.</param>
/// <param name="Alpha">Layers in front of the reduction.</param>
/// <param name="Side">Rows and columns of clusters; for rivals: whose cost they have.</param>
public sealed record ExpediteSetting(ExpediteMethod Method, int Alpha, int Side)
{
    /// <summary>In legends.</summary>
    public string Name => NameOf(Method);

    /// <summary>Whether tokens become clusters or means over cells.</summary>
    internal bool HasClusters => HasTau || Method == ExpediteMethod.PoolingBilinear;

    /// <summary>Whether it has a tau to choose.</summary>
    internal bool HasTau => Method is ExpediteMethod.Clustering or ExpediteMethod.Pooling or ExpediteMethod.ClusteringBilinear;

    /// <summary>In legends.</summary>
    public static string NameOf(ExpediteMethod method) => method switch
    {
        ExpediteMethod.Clustering => "clusters, reconstructed",
        ExpediteMethod.Pooling => "average pooling, reconstructed",
        ExpediteMethod.ClusteringBilinear => "clusters, bilinear",
        ExpediteMethod.PoolingBilinear => "average pooling, bilinear",
        ExpediteMethod.Merging => "ToMe, unmerged",
        _ => "pruning, copied back",
    };

    /// <summary>The reduction, for methods with clusters or cells.</summary>
    /// <param name="tau">Multiplies squared distances.</param>
    internal TokenClustering Clusters(double tau) => new(tau)
    {
        Iterations = Method is ExpediteMethod.Pooling or ExpediteMethod.PoolingBilinear ? 0 : 5,
        Upsampling = Method is ExpediteMethod.ClusteringBilinear or ExpediteMethod.PoolingBilinear ? TokenUpsampling.Bilinear : TokenUpsampling.Reconstruction,
    };
}

/// <summary>What was tried on validation pictures for a setting.</summary>
/// <param name="Name">E.g. a schedule of merging.</param>
/// <param name="TauShare">Tau as a multiple of the inverse mean squared distance between tokens; null for methods without one.</param>
/// <param name="ValidationIou">In %.</param>
public sealed record ExpediteCandidate(string Name, double? TauShare, double ValidationIou);

/// <summary>What became of a setting.</summary>
/// <param name="Setting">That was measured.</param>
/// <param name="Candidates">Tried on validation pictures.</param>
/// <param name="Chosen">The best of them.</param>
/// <param name="TestIou">Of the chosen one, in %.</param>
/// <param name="Macs">Multiply-adds of one picture, reduction and reconstruction included.</param>
public sealed record ExpediteScore(ExpediteSetting Setting, IReadOnlyList<ExpediteCandidate> Candidates, ExpediteCandidate Chosen, double TestIou, double Macs);
