using Lab.Generation;
using static TorchSharp.torch;

namespace Lab.Tests.Generation;

public sealed class FlowSamplerTests
{
    [Fact]
    public void A_line_begins_at_the_data_and_ends_at_the_noise()
    {
        using var scope = NewDisposeScope();
        var (data, noise) = (randn(3, 4, 2), randn(3, 4, 2));
        var (point, velocity) = FlowSampler.Line(data, noise, tensor(new float[] { 0, 1, 0.25f }));
        Near.Equal(data[0], point[0]);
        Near.Equal(noise[1], point[1]);
        Near.Equal(0.75 * data[2] + 0.25 * noise[2], point[2]);
        Near.Equal(noise - data, velocity);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Along_a_straight_line_any_number_of_steps_ends_at_the_data(int steps)
    {
        using var scope = NewDisposeScope();
        var (data, noise) = (randn(2, 3), randn(2, 3));
        var times = new List<double>();
        var end = FlowSampler.Follow(noise, steps, (_, time) =>
        {
            times.Add(time);
            return noise - data;
        });
        Near.Equal(data, end, 1e-5);
        Assert.Equal(Enumerable.Range(0, steps).Select(step => 1 - (double)step / steps), times);
    }

    [Fact]
    public void The_error_falls_as_the_step()
    {
        using var scope = NewDisposeScope();
        var noise = ones(1, ScalarType.Float64);
        var errors = new[] { 50, 100, 200 }.Select(steps => Math.Abs(FlowSampler.Follow(noise, steps, (x, _) => x.clone()).item<double>() - Math.Exp(-1))).ToArray(); // dx/dt = x
        Assert.InRange(errors[0] / errors[1], 1.95, 2.05);
        Assert.InRange(errors[1] / errors[2], 1.95, 2.05);
    }

    [Fact]
    public void No_step_is_refused()
    {
        using var noise = ones(1);
        Assert.Contains("at least 1 step, got 0", Assert.Throws<ArgumentException>(() => FlowSampler.Follow(noise, 0, (x, _) => x)).Message);
    }
}
