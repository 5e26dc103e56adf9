using CsCheck;
using Lab.Training;

namespace Lab.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void Warm_up_then_cosine_passes_through_its_known_points()
    {
        var schedule = new LearningRateSchedule(1) { WarmupSteps = 4, Minimum = 0.2 };
        Assert.Equal([0.2, 0.4, 0.6, 0.8, 1.0], Enumerable.Range(0, 5).Select(s => Math.Round(schedule.At(s, 24), 12)));
        Assert.Equal(0.6, schedule.At(14, 24), 12); // half-way down: middle of 1 and 0.2
        Assert.Equal(0.2, schedule.At(24, 24), 12);
    }

    [Fact]
    public void A_linear_tail_keeps_the_peak_until_its_last_steps()
    {
        var schedule = new LearningRateSchedule(2) { DecaySteps = 30, Shape = DecayShape.Linear };
        Assert.Equal(2, schedule.At(70, 100));
        Assert.Equal(1, schedule.At(85, 100), 12);
        Assert.Equal(2 / 30.0, schedule.At(99, 100), 12);
    }

    [Fact]
    public void Without_decay_the_rate_is_constant() =>
        Assert.All(Enumerable.Range(0, 100), step => Assert.Equal(0.1, new LearningRateSchedule(0.1) { DecaySteps = 0 }.At(step, 100)));

    [Fact]
    public void It_never_leaves_the_range_and_never_rises_after_the_warm_up() =>
        Gen.Select(Gen.Long[1, 50], Gen.Long[0, 20], Gen.Long[0, 30].Nullable(), Gen.Enum<DecayShape>()).Sample((steps, warmup, decay, shape) =>
        {
            var total = steps + warmup + (decay ?? 0);
            var schedule = new LearningRateSchedule(1) { Minimum = 0.1, WarmupSteps = warmup, DecaySteps = decay, Shape = shape };
            var rates = Enumerable.Range(0, (int)total).Select(s => schedule.At(s, total)).ToArray();
            Assert.All(rates, rate => Assert.InRange(rate, 0.0, 1.0));
            for (var s = (int)warmup + 1; s < total; s++) Assert.True(rates[s] <= rates[s - 1]);
        });

    [Fact]
    public void Impossible_schedules_are_refused_when_a_run_starts()
    {
        foreach (var schedule in new LearningRateSchedule[]
        {
            new(0), new(double.NaN), new(1) { Minimum = 2 }, new(1) { WarmupSteps = 101 }, new(1) { WarmupSteps = 60, DecaySteps = 60 }, new(1) { DecaySteps = -1 },
        })
            Assert.Throws<ArgumentException>(() => schedule.Check(100));
    }
}
