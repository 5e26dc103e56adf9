using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Training;

/// <summary>How a model is trained.</summary>
/// <param name="Name">Of the run, e.g. <c>CCT-2/3x2</c>.</param>
/// <param name="Steps">Batches to train on; an epoch is <see cref="Data.IBatchSource{TBatch}.BatchesPerEpoch"/> of them.</param>
/// <param name="LearningRate">Rate by step.</param>
public sealed record TrainingOptions(string Name, long Steps, LearningRateSchedule LearningRate)
{
    private static readonly JsonSerializerOptions json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>The optimiser's hyperparameters.</summary>
    public AdamWOptions AdamW { get; init; } = new();

    /// <summary>Largest norm of all gradients together; null: as it comes.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>
    /// Decay of a moving average of the weights, e.g. 0.999; null: none. Evaluations use the average, and the module has it when training ends.
    /// </summary>
    public double? EmaDecay { get; init; }

    /// <summary>Matrix products and convolutions in bfloat16, on CUDA alone: the CPU always computes in float32.</summary>
    public bool Autocast { get; init; } = true;

    /// <summary>Decides dropout and whatever else the loss draws. Step <c>i</c> draws the same numbers in every run with this seed.</summary>
    public long Seed { get; init; }

    /// <summary>Steps between two reports.</summary>
    public long LogInterval { get; init; } = 10;

    /// <summary>Steps between two evaluations; 0: one, after the last step.</summary>
    public long EvaluationInterval { get; init; }

    /// <summary>
    /// Safetensors file with all that a run needs to go on: written at intervals, when cancelled and at the end. If it is there when
    /// a run starts, the run goes on from it; options and batch size must be the same then, and it is the caller's part to bring the same
    /// data and loss. Null: none.
    /// </summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Steps between two checkpoints; 0: only when cancelled and at the end.</summary>
    public long CheckpointInterval { get; init; }

    /// <summary>Folder for <c>log.jsonl</c> and TensorBoard events; null: none. A run that starts at step 0 starts them anew.</summary>
    public string? LogFolder { get; init; }

    /// <summary>What decides the weights, as JSON: a checkpoint of another recipe does not fit.</summary>
    internal string Recipe(int batchSize) =>
        JsonSerializer.Serialize(new { Steps, batchSize, LearningRate, AdamW, ClipNorm, EmaDecay, Autocast, Seed }, json);

    internal void Check()
    {
        if (Steps < 1) throw new ArgumentException($"A run needs at least 1 step, got {Steps}.");
        if (LogInterval < 1) throw new ArgumentException($"LogInterval must be at least 1 step, got {LogInterval}.");
        if (EvaluationInterval < 0 || CheckpointInterval < 0)
            throw new ArgumentException($"Intervals must not be negative, got {nameof(EvaluationInterval)} {EvaluationInterval} and {nameof(CheckpointInterval)} {CheckpointInterval}.");
        if (CheckpointInterval > 0 && CheckpointPath is null) throw new ArgumentException($"{nameof(CheckpointInterval)} needs a {nameof(CheckpointPath)}.");
        if (ClipNorm is not (null or > 0)) throw new ArgumentException($"ClipNorm must be positive, got {ClipNorm}.");
        LearningRate.Check(Steps);
    }
}
