using Lab.Metrics;
using static TorchSharp.torch;

namespace Lab.Tests.Metrics;

public sealed class InceptionScoreTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(10)]
    public void Clear_pictures_of_k_classes_score_k(int classes)
    {
        using var scope = NewDisposeScope();
        var logits = nn.functional.one_hot(arange(200).remainder(classes), 10).to(ScalarType.Float32) * 100;
        Assert.Equal(classes, InceptionScore.Of(logits), 1e-6);
    }

    [Fact]
    public void Pictures_that_could_be_anything_score_one() => Assert.Equal(1, InceptionScore.Of(zeros(20, 10)), 1e-9);

    [Fact]
    public void Half_clear_pictures_score_what_the_definition_says()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 0.9, 0.1, 0.1, 0.9 }).reshape(2, 2).log();
        Assert.Equal(Math.Exp(0.9 * Math.Log(0.9 / 0.5) + 0.1 * Math.Log(0.1 / 0.5)), InceptionScore.Of(logits), 1e-9);
    }

    [Fact]
    public void No_pictures_are_refused() => Assert.Contains("[0, 10]", Assert.Throws<ArgumentException>(() => InceptionScore.Of(zeros(0, 10))).Message);
}
