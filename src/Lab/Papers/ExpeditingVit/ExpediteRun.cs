using Lab.Metrics;
using Lab.Nn;
using Lab.Tokens;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>What became of one seed. Owns the model.</summary>
/// <param name="Seed">Of first weights and data order.</param>
/// <param name="Model">In evaluation mode.</param>
/// <param name="History">Of the training.</param>
/// <param name="FromCache">Trained earlier.</param>
/// <param name="BaseIou">Of the model as it is, on test pictures, in %.</param>
/// <param name="BaseMacs">Multiply-adds of one picture.</param>
/// <param name="Scores">In the order of the settings.</param>
/// <param name="Ablations">Of clusters behind a third of the layers.</param>
/// <param name="Latencies">Of some of the settings.</param>
public sealed record ExpediteRun(
    long Seed, VisionTransformer Model, IReadOnlyList<TrainingProgress> History, bool FromCache, double BaseIou, double BaseMacs,
    IReadOnlyList<ExpediteScore> Scores, IReadOnlyList<ExpediteAblation> Ablations, IReadOnlyList<ExpediteLatency> Latencies) : IDisposable
{
    /// <summary>The score of a setting.</summary>
    /// <exception cref="InvalidOperationException">It was not measured.</exception>
    public ExpediteScore this[ExpediteMethod method, int alpha, int side] => Scores.Single(score => score.Setting == new ExpediteSetting(method, alpha, side));

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}

/// <summary>What a batch of pictures takes.</summary>
/// <param name="Side">Rows and columns of clusters, made behind a third of the layers.</param>
/// <param name="AllPairs">How clusters are computed, see <see cref="TokenClustering.AllPairs"/>.</param>
/// <param name="BaseSeconds">Of the model as it is, the least of several.</param>
/// <param name="Seconds">Of the expedited model, the least of as many, by turns.</param>
/// <param name="MacShare">Multiply-adds over those of the model as it is.</param>
public sealed record ExpediteLatency(int Side, bool AllPairs, double BaseSeconds, double Seconds, double MacShare)
{
    private const int Pictures = 16;

    /// <summary>Time over that of the model as it is.</summary>
    public double Share => Seconds / BaseSeconds;

    /// <summary>Measures grids of clusters behind a third of the layers, computed in both ways, and the model as it is, by turns.</summary>
    internal static IReadOnlyList<ExpediteLatency> Measure(VisionTransformer model, SegmentationProbe probe, IReadOnlyList<int> sides, Device device, int rounds)
    {
        using var noGrad = no_grad();
        using var images = rand([Pictures, 3, model.Options.ImageSize, model.Options.ImageSize], device: device);
        var alpha = model.Blocks.Count / 3;
        var ways = (from side in sides from allPairs in new[] { false, true } select (side, allPairs)).ToArray();
        nn.Module<Tensor, Tensor>[] segmenters = [model, .. ways.Select(way => probe.Clustered(new(1 / probe.MeanSquaredDistance(alpha)) { AllPairs = way.allPairs }, alpha, way.side))];
        var seconds = Latency.ByTurns(segmenters, images, rounds);
        return [.. ways.Select((way, i) => new ExpediteLatency(way.side, way.allPairs, seconds[0], seconds[i + 1], probe.Macs(segmenters[i + 1]) / probe.Macs(model)))];
    }
}
