using System.Diagnostics;
using System.Globalization;
using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Benchmarks;

/// <summary>
/// DeiT-S with random weights, with and without every reduction of tokens, by turns in one process: what counted operations are worth in
/// time. The plan is that of Token Transforming's 40 % (arXiv 2506.05709 reports 1.5 times the speed).
/// </summary>
internal static class Reducing
{
    private const int Batch = 32, Rounds = 5;

    private static readonly ReductionPlan plan = new(new(3, 126), new(6, 81), new ReductionStep(9, 52));

    public static void Run(int threads, Device device)
    {
        Trace.Assert(NativeTorch.Source.Length > 0); // the natives must be there before TorchSharp looks for them
        set_num_threads(threads);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var model = new VisionTransformer(VisionTransformerOptions.DeiTSmall).OnDevice(device);
        model.eval();
        ITokenReducer[] reducers =
        [
            new RandomPruning(1), new AttentionPruning(), new AttentionFusing(), new BipartiteMerging(), new GreedyDiversity(DiversityRule.KCenter), new SimilarityTransforming { Mode = AssignmentMode.Hard },
            new SimilarityTransforming(), new SimilarityTransforming { Selection = TargetSelection.Attention },
        ];
        var reduced = reducers.Select(reducer => new ReducedTransformer(model, reducer, plan)).ToArray();
        var images = randn(Batch, 3, 224, 224, device: device);
        Latency.ByTurns([model, .. reduced], images, 1); // warm
        var seconds = Latency.ByTurns([model, .. reduced], images, Rounds);

        var one = zeros(1, 3, 224, 224, device: device);
        double all = MacCounter.Count(model, one).Total;
        Console.WriteLine($"DeiT-S, batch {Batch}, tokens kept by block {plan}, {device}, {threads} threads, shortest of {Rounds} by turns; all tokens: {Batch / seconds[0]:F1} pictures/s");
        Console.WriteLine($"{"",-40} {"MACs",6} {"+ own",6} {"time",6} {"speed",6}");
        foreach (var (i, reducer) in reducers.Index())
        {
            var macs = MacCounter.Count(reduced[i], one).Total;
            var name = reducer is SimilarityTransforming { Selection: not TargetSelection.Uniform } soft ? $"{reducer.Name}, {soft.Selection} targets" : reducer.Name;
            Ratios.Add("reduction of tokens", $"DeiT-S, 40 % fewer MACs: {name}", "all tokens", device, seconds[i + 1] / seconds[0]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name,-40} {macs / all,6:F3} {(macs + reduced[i].ReducerMacs) / all,6:F3} {seconds[i + 1] / seconds[0],6:F2} {seconds[0] / seconds[i + 1],6:F2}"));
        }
    }
}
