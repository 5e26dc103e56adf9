using Lab.Generation;
using static TorchSharp.torch;

namespace Lab.Tests.Generation;

public sealed class ParallelDecodingTests
{
    [Fact]
    public void Ever_more_positions_become_known()
    {
        Assert.Equal([63, 60, 54, 46, 36, 25, 13, 0], Schedule(64, 8)); // ceil(64 cos(pi (t + 1) / 16))
        Assert.Equal([0], Schedule(64, 1));
        Assert.Equal([3, 2, 1, 0], Schedule(4, 4)); // at least one a round
        foreach (var (positions, rounds) in new[] { (64, 16), (64, 64), (10, 7), (1, 1) })
        {
            var left = Schedule(positions, rounds);
            Assert.Equal(0, left[^1]);
            Assert.All(left.Prepend(positions).Zip(left), pair => Assert.True(pair.Second < pair.First));
        }
    }

    [Fact]
    public void Training_masks_two_thirds_of_the_positions_on_average()
    {
        using var scope = NewDisposeScope();
        var u = (arange(10_000) + 0.5) / 10_000;
        Assert.Equal(2 / Math.PI, ParallelDecoding.MaskRatio(u).mean().item<float>(), 1e-4);
        Assert.Equal(1, ParallelDecoding.MaskRatio(zeros(1)).item<float>());
    }

    [Fact]
    public void The_surest_positions_are_kept_and_never_change_again()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var confidence = tensor(new float[] { -3, -1, -2, -4, -5, -0.5f }).unsqueeze(0);
        var (round, known) = (0, new List<long[]>());
        var codes = ParallelDecoding.Fill(
            full([1, 6, 2], -1, ScalarType.Int64), new() { Rounds = 3, ConfidenceNoise = 0 }, random,
            (_, _) => (full([1, 6, 2], ++round, ScalarType.Int64), confidence), (_, unknown) => known.Add(unknown.logical_not()[0].nonzero().flatten().data<long>().ToArray()));
        Assert.Equal([[5], [1, 2, 5], [0, 1, 2, 3, 4, 5]], known); // ceil(6 cos 30 deg) = 6, but one at least; ceil(6 cos 60 deg) = 3
        Assert.Equal([3L, 2, 2, 3, 3, 1], codes[0, .., 0].data<long>().ToArray());
        Assert.True(codes[.., .., 0].equal(codes[.., .., 1]).all().item<bool>());
    }

    [Fact]
    public void Noise_decides_among_equally_sure_positions_and_one_seed_decides_alike()
    {
        using var scope = NewDisposeScope();
        var (once, again, other) = (First(1), First(1), First(2));
        Assert.Equal(once, again);
        Assert.NotEqual(once, other);
        Assert.True(once.Distinct().Count() > 10);

        // Of 32 positions with equal confidence, the one that each of 64 grids knows first.
        static long[] First(ulong seed)
        {
            using var random = new Generator(seed);
            var first = new List<long>();
            ParallelDecoding.Fill(zeros(64, 32, 1, ScalarType.Int64), new() { Rounds = 32 }, random, (codes, unknown) => (codes.clone(), zeros(64, 32)),
                (_, unknown) => { if (first.Count == 0) first.AddRange(unknown.to(ScalarType.Int32).argmin(1).data<long>().ToArray()); });
            return [.. first];
        }
    }

    [Fact]
    public void Options_outside_their_range_are_named()
    {
        using var random = new Generator(1);
        using var empty = zeros(1, 4, 1, ScalarType.Int64);
        foreach (var (part, options) in new (string, ParallelDecodingOptions)[] { ("got 0", new() { Rounds = 0 }), ("1 to 4 rounds, got 5", new() { Rounds = 5 }), ("got -1", new() { Rounds = 1, ConfidenceNoise = -1 }) })
            Assert.Contains(part, Assert.Throws<ArgumentException>(() => ParallelDecoding.Fill(empty, options, random, (codes, _) => (codes, codes))).Message);
    }

    private static int[] Schedule(int positions, int rounds)
    {
        var left = positions;
        return [.. Enumerable.Range(0, rounds).Select(round => left = ParallelDecoding.Left(left, positions, round, rounds))];
    }
}
