using Lab.Training;
using TorchSharp;
using static TorchSharp.torch.nn;

namespace Lab.Tests.Training;

public sealed class ExponentialMovingAverageTests
{
    [Fact]
    public void It_keeps_its_share_of_the_past_and_exchanges_with_the_module()
    {
        using var scope = torch.NewDisposeScope();
        using var model = Linear(1, 1);
        using var flat = new FlatParameters(model);
        flat.Values.fill_(0);
        using var average = new ExponentialMovingAverage(flat, 0.75);

        flat.Values.fill_(8);
        average.Update(); // 0.75 * 0 + 0.25 * 8
        average.Update(); // 0.75 * 2 + 0.25 * 8

        average.Swap();
        Assert.Equal(3.5f, model.bias!.item<float>());
        average.Swap();
        Assert.Equal(8f, model.bias!.item<float>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_decay_outside_its_range_is_refused(double decay)
    {
        using var model = Linear(1, 1);
        using var flat = new FlatParameters(model);
        Assert.Throws<ArgumentException>(() => new ExponentialMovingAverage(flat, decay));
    }
}
