using System.Text.Json.Serialization;

namespace Lab.Training;

/// <summary>Where a training run stands; reported through <see cref="IProgress{T}"/> every <see cref="TrainingOptions.LogInterval"/> steps and after every evaluation.</summary>
/// <param name="Run">Name of the run, e.g. <c>CCT-2/3x2</c>.</param>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps of the whole run.</param>
/// <param name="Loss">Training loss, mean over the steps since the last report.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="SamplesPerSecond">Since the last report, evaluation excluded.</param>
/// <param name="Elapsed">Since the run started or was resumed.</param>
/// <param name="Metrics">Results of an evaluation at this step, by name; empty between evaluations.</param>
public sealed record TrainingProgress(
    string Run, long Step, long TotalSteps, double Loss, double LearningRate, double SamplesPerSecond, TimeSpan Elapsed,
    IReadOnlyDictionary<string, double> Metrics)
{
    /// <summary>A training of long ago is told again, for its weights came from the cache.</summary>
    [JsonIgnore]
    public bool IsPast { get; init; }
}
