using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Tests.Metrics;

public sealed class IntersectionOverUnionTests
{
    [Fact]
    public void Pixels_of_all_pictures_are_pooled()
    {
        using var scope = NewDisposeScope();
        var overlap = new IntersectionOverUnion(4);
        overlap.Add(tensor(new long[] { 0, 0, 1, 1 }).view(1, 2, 2), tensor(new long[] { 0, 1, 1, 1 }).view(1, 2, 2));
        overlap.Add(tensor(new long[] { 1, 1, 1, 2 }).view(1, 2, 2), tensor(new long[] { 1, 1, 1, 1 }).view(1, 2, 2));
        Assert.Equal(0.5, overlap.PerClass[0]);     // one of two
        Assert.Equal(5 / 7.0, overlap.PerClass[1]); // pictures alone: 2/3 and 3/4
        Assert.Equal(0, overlap.PerClass[2]);
        Assert.Equal(double.NaN, overlap.PerClass[3]);
        Assert.Equal((0.5 + 5 / 7.0) / 3, overlap.Mean, 1e-12);
    }

    [Fact]
    public void Shapes_that_differ_are_refused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains("[1, 2, 2]", Assert.Throws<ArgumentException>(() => new IntersectionOverUnion(2).Add(zeros(1, 2, 2), zeros(1, 4))).Message);
    }
}
