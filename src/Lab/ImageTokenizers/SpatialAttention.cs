using Lab.Metrics;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>Attention with one head between all positions of a grid, beside a skip.</summary>
/// <remarks>Source: Esser et al. 2021, appendix (arXiv 2012.09841).</remarks>
internal sealed class SpatialAttention : nn.Module<Tensor, Tensor>, ICountsMacs
{
    private readonly GroupNorm norm;
    private readonly Conv2d query, key, value, output;

    public SpatialAttention(int channels, int groups = TokenizerConfig.Groups) : base(nameof(SpatialAttention))
    {
        norm = Blocks.Norm(channels, groups);
        query = Blocks.Conv1(channels, channels);
        key = Blocks.Conv1(channels, channels);
        value = Blocks.Conv1(channels, channels);
        output = Blocks.Conv1(channels, channels);
        (string, nn.Module)[] parts = [("norm", norm), ("q", query), ("k", key), ("v", value), ("proj_out", output)]; // the names of taming-transformers
        foreach (var (name, part) in parts) register_module(name, part);
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        var h = norm.call(x);
        var (q, k, v) = (query.call(h).flatten(2), key.call(h).flatten(2), value.call(h).flatten(2)); // [B, C, N]
        var weights = (q.transpose(1, 2).matmul(k) / Math.Sqrt(x.shape[1])).softmax(-1); // [B, N, N]
        var mixed = v.matmul(weights.transpose(1, 2)).view(x.shape);
        return (x + output.call(mixed)).MoveToOuterDisposeScope();
    }

    public MacCount Count(long[] input, long[] output)
    {
        var positions = input[2] * input[3];
        return new(0, 2 * input[0] * positions * positions * input[1]);
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
