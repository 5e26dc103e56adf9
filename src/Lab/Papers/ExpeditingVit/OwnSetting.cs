using Lab.Tokens;

namespace Lab.Papers.ExpeditingVit;

/// <summary>A way to expedite a model that a reader chose.</summary>
/// <param name="Alpha">Layers in front.</param>
/// <param name="Side">Rows and columns of clusters.</param>
/// <param name="TauShare">Tau times the mean squared distance between tokens.</param>
public sealed record OwnSetting(int Alpha, int Side, double TauShare)
{
    /// <summary>κ.</summary>
    public int Iterations { get; init; } = 5;

    /// <summary>λ.</summary>
    public int Window { get; init; } = 5;

    /// <summary>k.</summary>
    public int Nearest { get; init; } = 20;

    /// <summary>Of the reconstruction's weights.</summary>
    public WeightNorm Norm { get; init; } = WeightNorm.L1;

    /// <summary>Layers behind the reconstruction.</summary>
    public int Gamma { get; init; }

    /// <summary>The head answers for clusters and its answers are enlarged; nothing is reconstructed.</summary>
    public bool ClusteredHead { get; init; }
}
