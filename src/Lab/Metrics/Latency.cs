using System.Diagnostics;
using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>How long forward passes take. Machines are shared and clocks change, so what is compared is measured by turns.</summary>
public static class Latency
{
    /// <summary>The shortest of several passes of every module, in seconds.</summary>
    /// <param name="modules">In evaluation mode.</param>
    /// <param name="input">Of all of them.</param>
    /// <param name="rounds">Passes of each.</param>
    public static double[] ByTurns(IReadOnlyList<nn.Module<Tensor, Tensor>> modules, Tensor input, int rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        using var noGrad = no_grad();
        var seconds = modules.Select(_ => double.PositiveInfinity).ToArray();
        for (var round = 0; round < rounds; round++)
            for (var i = 0; i < modules.Count; i++) seconds[i] = Math.Min(seconds[i], Of(modules[i], input));
        return seconds;
    }

    private static double Of(nn.Module<Tensor, Tensor> module, Tensor input)
    {
        using var scope = NewDisposeScope();
        if (input.is_cuda) cuda.synchronize();
        var watch = Stopwatch.StartNew();
        module.call(input);
        if (input.is_cuda) cuda.synchronize();
        return watch.Elapsed.TotalSeconds;
    }
}
