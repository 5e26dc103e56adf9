using Lab.Plots;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class ReductionMapTests
{
    [Fact]
    public void Merged_patches_are_alike_and_dropped_ones_dark()
    {
        using var scope = NewDisposeScope();
        var picture = full(3, 8, 8, 0.5f);
        var keys = eye(4).unsqueeze(0);
        var merged = ReductionMap.Draw(picture, [Grouping.ByMass(tensor(new long[] { 0, 1, 0, 1 }).unsqueeze(0), ones(1, 4), 2)], side: 2, scale: 10);
        Assert.Equal([3, 80, 80], merged.shape);
        Near.Equal(merged[.., 20, 20], merged[.., 60, 20], 1e-6); // above each other: one group
        Assert.True(Near.RelativeError(merged[.., 20, 20], merged[.., 20, 60]) > 0.05);

        var pruned = ReductionMap.Draw(picture, [new Selection(tensor(new long[] { 0, 3 }).unsqueeze(0), ones(1, 4), keys)], side: 2, scale: 10);
        Assert.True(pruned[.., 20, 60].max().item<float>() < 0.2);
        Assert.True(pruned[.., 20, 20].max().item<float>() > 0.3);
        Assert.Equal(1, pruned[.., 0, 0].min().item<float>()); // framed
    }
}
