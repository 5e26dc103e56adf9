using Lab.Data;
using Lab.Generation;
using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Generation;

public sealed class SamplingTests
{
    private static readonly double[] law = [0.5, 0.25, 0.15, 0.1, 0];

    [Fact]
    public void Draws_follow_the_law()
    {
        var counts = Draws(new(), 10_000);
        Assert.Equal(0, counts[4]);
        Assert.True(ChiSquare(counts[..4], law[..4]) < 16.3, string.Join(' ', counts)); // 3 degrees of freedom, p = 0.001
    }

    [Fact]
    public void Temperature_sharpens_and_flattens()
    {
        double[] Tempered(double t) { var w = law[..4].Select(p => Math.Pow(p, 1 / t)).ToArray(); return [.. w.Select(v => v / w.Sum())]; }
        foreach (var temperature in new[] { 0.5, 2 })
            Assert.True(ChiSquare(Draws(new() { Temperature = temperature }, 10_000)[..4], Tempered(temperature)) < 16.3);
        Assert.Equal(10_000, Draws(new() { Temperature = 0 }, 10_000)[0]);
    }

    [Fact]
    public void The_nucleus_is_the_fewest_that_reach_the_share()
    {
        Assert.True(ChiSquare(Draws(new() { TopP = 0.7 }, 10_000)[..2], [2 / 3.0, 1 / 3.0]) < 10.8);
        Assert.Equal(0, Draws(new() { TopP = 0.75 }, 2000)[2]); // 0.5 and 0.25 reach it exactly
        Assert.Equal(2000, Draws(new() { TopP = 0.01 }, 2000)[0]);
    }

    [Fact]
    public void Options_outside_their_range_are_refused()
    {
        Assert.Throws<ArgumentException>(new SamplingOptions { Temperature = -1 }.Check);
        Assert.Throws<ArgumentException>(new SamplingOptions { Temperature = double.NaN }.Check);
        Assert.Throws<ArgumentException>(new SamplingOptions { TopP = 0 }.Check);
        Assert.Throws<ArgumentException>(new SamplingOptions { TopP = 1.1 }.Check);
    }

    [Fact]
    public void Greedy_sampling_with_its_cache_takes_what_the_whole_sequence_says()
    {
        using var scope = NewDisposeScope();
        using var model = Model(context: 40);
        var sequence = new List<int> { 3, 1, 4 };
        for (var i = 0; i < 30; i++)
            sequence.Add((int)model.call(tensor(sequence.Select(id => (long)id).ToArray()).unsqueeze(0))[0, -1].argmax().item<long>());
        Assert.Equal(sequence.Skip(3), TokenSampler.Sample(model, [3, 1, 4], 30, new() { Temperature = 0 }));
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_another()
    {
        using var model = Model(context: 16);
        var first = TokenSampler.Sample(model, [1], 60, new() { Seed = 5 }); // goes far beyond the context
        Assert.Equal(60, first.Length);
        Assert.Equal(first, TokenSampler.Sample(model, [1], 60, new() { Seed = 5 }));
        Assert.NotEqual(first, TokenSampler.Sample(model, [1], 60, new() { Seed = 6 }));
    }

    [Fact]
    public void Of_a_long_prompt_the_end_counts()
    {
        using var model = Model(context: 16);
        int[] end = [.. Enumerable.Range(0, 16).Select(i => i * 7 % 20)];
        Assert.Equal(TokenSampler.Sample(model, end, 1, new() { Temperature = 0 }), TokenSampler.Sample(model, [9, 9, 9, .. end], 1, new() { Temperature = 0 }));
        Assert.Throws<ArgumentException>(() => TokenSampler.Sample(model, [], 1, new()));
        Assert.Throws<OperationCanceledException>(() => TokenSampler.Sample(model, [1], 1, new(), new CancellationToken(true)));
    }

    [Fact]
    public void Sampling_leaves_no_tensor_behind()
    {
        using var model = Model(context: 16);
        LiveTensors.NothingStays(() => TokenSampler.Sample(model, [1], 40, new()));
    }

    public static double ChiSquare(int[] counts, double[] expected)
    {
        var total = counts.Sum();
        return counts.Zip(expected).Sum(c => Math.Pow(c.First - total * c.Second, 2) / (total * c.Second));
    }

    private static int[] Draws(SamplingOptions options, int count)
    {
        var (random, counts) = (new CounterRandom(3, 1), new int[law.Length]);
        for (var i = 0; i < count; i++) counts[Categorical.Draw([.. law.Select(p => Math.Log(p))], options, ref random)]++;
        return counts;
    }

    private static Decoder Model(int context)
    {
        manual_seed(2);
        var model = new Decoder(new(20, 16, 2, 2, context));
        using var noGrad = no_grad();
        foreach (var parameter in model.parameters())
        {
            using var noise = randn_like(parameter);
            parameter.add_(noise, 0.3);
        }
        model.eval();
        return model;
    }
}
