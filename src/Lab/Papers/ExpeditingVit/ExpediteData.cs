using Lab.Data;

namespace Lab.Papers.ExpeditingVit;

/// <summary>Drawn pictures with a class per pixel. Owns them.</summary>
/// <param name="Train">The model learns from them.</param>
/// <param name="Validation">Tau and schedules are chosen by them.</param>
/// <param name="Test">Everything is reported on them.</param>
public sealed record ExpediteData(LabeledImages Train, LabeledImages Validation, LabeledImages Test) : IDisposable
{
    /// <summary>Of all pictures.</summary>
    public Normalization Normalization { get; } = Normalization.Of(Train);

    /// <inheritdoc/>
    public void Dispose()
    {
        Train.Dispose();
        Validation.Dispose();
        Test.Dispose();
    }
}
