using Lab.Metrics;
using Lab.Nn;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Papers.TokenTransforming;

/// <summary>The time of a reduced model over that of the model with all tokens.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Share">Below 1: faster.</param>
/// <param name="MacShare">The same for multiply-adds, those of the reduction included.</param>
public sealed record ReducedLatency(string Method, double Share, double MacShare)
{
    private const int Batch = 64, Rounds = 7;

    /// <summary>Measures methods by one plan, by turns with the model that keeps all tokens.</summary>
    /// <param name="model">Frozen.</param>
    /// <param name="plan">Where tokens are reduced.</param>
    /// <param name="methods">How.</param>
    public static IReadOnlyList<ReducedLatency> Measure(VisionTransformer model, ReductionPlan plan, IReadOnlyList<TransformingMethod> methods)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var device = model.parameters().First().device;
        var (size, images) = (model.Options.ImageSize, randn(Batch, 3, model.Options.ImageSize, model.Options.ImageSize, device: device));
        var reduced = methods.Select(method => new ReducedTransformer(model, method.Create(0), plan)).ToArray();
        var seconds = Latency.ByTurns([model, .. reduced], images, Rounds);
        var one = zeros(1, 3, size, size, device: device);
        double all = MacCounter.Count(model, one).Total;
        return [.. methods.Select((method, i) => new ReducedLatency(method.Name, seconds[i + 1] / seconds[0], (MacCounter.Count(reduced[i], one).Total + reduced[i].ReducerMacs) / all))];
    }
}
