namespace Lab.Papers.CompactTransformers;

/// <summary>A result of the reference repository after 200 epochs.</summary>
/// <param name="Model">As in the paper.</param>
/// <param name="ParametersInMillions">Of the model.</param>
/// <param name="GigaMacs">Linear layers and convolutions alone.</param>
/// <param name="Cifar10">Test top-1 in %.</param>
/// <param name="Cifar100">Test top-1 in %.</param>
/// <remarks>Source: examples/README.md of github.com/SHI-Labs/Compact-Transformers.</remarks>
public sealed record CctReported(string Model, double ParametersInMillions, double GigaMacs, double Cifar10, double Cifar100)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<CctReported> All { get; } =
    [
        new("CCT-2/3x2", 0.284, 0.033, 89.17, 66.90),
        new("CCT-4/3x2", 0.482, 0.046, 91.45, 70.46),
        new("CCT-6/3x2", 3.327, 0.241, 93.56, 74.47),
        new("CCT-7/3x2", 3.853, 0.275, 93.83, 74.92),
        new("CCT-6/3x1", 3.168, 0.813, 94.81, 76.71),
        new("CCT-7/3x1", 3.760, 0.947, 94.78, 77.05),
        new("CVT-6/4", 3.190, 0.202, 92.58, 72.25),
        new("CVT-7/4", 3.717, 0.236, 92.43, 73.01),
        new("ViT-Lite-6/4", 3.191, 0.205, 90.94, 69.20),
        new("ViT-Lite-7/4", 3.717, 0.239, 91.38, 69.75),
    ];
}
