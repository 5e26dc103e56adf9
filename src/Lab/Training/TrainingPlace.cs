using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Where and for whom models are trained.</summary>
/// <param name="Device">Of the models.</param>
/// <param name="Cache">Keeps them.</param>
/// <param name="Progress">Told about every training.</param>
/// <param name="Cancellation">Stops before the next step.</param>
internal sealed record TrainingPlace(Device Device, ModelCache Cache, IProgress<TrainingProgress>? Progress, CancellationToken Cancellation);
