using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class LossesTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void Even_logits_cost_the_logarithm_of_the_number_of_classes() =>
        Assert.Equal(Math.Log(4), Losses.CrossEntropy(zeros(3, 4), tensor([0L, 1L, 3L])).item<float>(), 6);

    [Fact]
    public void Smoothing_mixes_the_label_with_the_uniform_distribution()
    {
        // -log p = (log 3, log 3/2): smoothing 0.2 weighs the right class 0.9 and the other 0.1.
        var logits = tensor([0f, MathF.Log(2)]).view(1, 2);
        Assert.Equal(0.9 * Math.Log(3) + 0.1 * Math.Log(1.5), Losses.CrossEntropy(logits, tensor([0L]), 0.2).item<float>(), 6);
    }

    [Fact]
    public void One_hot_weights_cost_what_the_class_costs()
    {
        var logits = randn(5, 3);
        var classes = tensor([0L, 2L, 1L, 1L, 0L]);
        var weights = nn.functional.one_hot(classes, 3).to_type(ScalarType.Float32);
        Assert.Equal(Losses.CrossEntropy(logits, classes, 0.1).item<float>(), Losses.CrossEntropy(logits, weights, 0.1).item<float>(), 5);
    }

    [Fact]
    public void Pixels_cost_what_they_cost_one_by_one()
    {
        var logits = randn(2, 3, 4, 5);
        var classes = randint(0, 3, [2, 4, 5], int64);
        var flat = Losses.CrossEntropy(logits.permute(0, 2, 3, 1).reshape(-1, 3), classes.flatten(), 0.1);
        Assert.Equal(flat.item<float>(), Losses.CrossEntropy(logits, classes, 0.1).item<float>(), 5);
        Assert.Throws<ArgumentException>(() => Losses.CrossEntropy(logits, classes[.., ..2]));
    }

    [Fact]
    public void Labels_that_do_not_fit_are_refused_with_both_shapes()
    {
        var message = Assert.Throws<ArgumentException>(() => Losses.CrossEntropy(zeros(3, 4), zeros(3, 5))).Message;
        Assert.Contains("logits [3, 4] and Float32 labels [3, 5]", message);
        Assert.Throws<ArgumentException>(() => Losses.CrossEntropy(zeros(3, 4), zeros(3, 4, int64)));
        Assert.Throws<ArgumentException>(() => Losses.CrossEntropy(zeros(3, 4), zeros(3, int32)));
        Assert.Throws<ArgumentException>(() => Losses.CrossEntropy(zeros(3, 4), zeros(3, int64), smoothing: 1));
    }
}
