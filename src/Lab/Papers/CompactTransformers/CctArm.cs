using Lab.Metrics;
using Lab.Nn;
using Lab.Training;

namespace Lab.Papers.CompactTransformers;

/// <summary>One model of a comparison.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Model">What is trained.</param>
/// <param name="DataShare">Share of the training images that it sees, in (0, 1].</param>
public sealed record CctArm(string Name, CctOptions Model, double DataShare = 1)
{
    /// <summary>A reader's own model beside the paper's: it appears in tables and curves, and no claim asks for it.</summary>
    public bool IsOwn { get; init; }

    /// <summary>The model as it is.</summary>
    public static CctArm Of(CctOptions model) => new(model.Name, model);

    /// <summary>The ablation without positions.</summary>
    public CctArm WithoutPositions => this with { Name = $"{Name} without PE", Model = Model with { Position = PositionKind.None } };

    /// <summary>The same on the first half of the training images, for as many epochs.</summary>
    public CctArm OnHalf => this with { Name = $"{Name}, half the images", DataShare = 0.5 };
}

/// <summary>What became of one arm with one seed, after its last step. Owns the model.</summary>
/// <param name="Arm">What was trained.</param>
/// <param name="Seed">Of initial weights, data order, augmentation and dropout.</param>
/// <param name="Model">In evaluation mode.</param>
/// <param name="Curve">Test accuracy while training.</param>
/// <param name="TestAccuracy">Top-1 in % on the whole test set.</param>
/// <param name="TrainAccuracy">Top-1 in % on the first 2,000 training images, without augmentation.</param>
/// <param name="Parameters">Of the model, frozen ones included.</param>
/// <param name="Macs">Of one picture.</param>
/// <param name="SamplesPerSecond">While training, evaluation excluded.</param>
public sealed record CctRun(
    CctArm Arm, long Seed, CompactTransformer Model, IReadOnlyList<CurvePoint> Curve, double TestAccuracy, double TrainAccuracy,
    long Parameters, MacCount Macs, double SamplesPerSecond) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
