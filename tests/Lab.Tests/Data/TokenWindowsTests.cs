using Lab.Data;
using static TorchSharp.torch;

namespace Lab.Tests.Data;

public sealed class TokenWindowsTests : IDisposable
{
    private static readonly int[] tokens = [.. Enumerable.Range(0, 100)];
    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void What_follows_is_one_token_further()
    {
        using var batch = new TokenWindows(tokens, 8, 4, seed: 1).From(0).First();
        Assert.Equal([4, 8], batch.Ids.shape);
        Assert.Equal((batch.Ids + 1).data<long>().ToArray(), batch.Next.data<long>().ToArray());
        Assert.Equal((batch.Ids[.., ..1] + arange(8)).data<long>().ToArray(), batch.Ids.data<long>().ToArray());
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone()
    {
        long[] Batch(long seed, long from, int skip) { using var batch = new TokenWindows(tokens, 8, 4, seed).From(from).Skip(skip).First(); return batch.Ids.data<long>().ToArray(); }
        Assert.Equal(Batch(1, 0, 5), Batch(1, 5, 0));
        Assert.NotEqual(Batch(1, 0, 0), Batch(1, 1, 0));
        Assert.NotEqual(Batch(1, 0, 0), Batch(2, 0, 0));
    }

    [Fact]
    public void Every_place_is_drawn_up_to_the_last()
    {
        using var batch = new TokenWindows(tokens.AsSpan(0, 10), 8, 64, seed: 1).From(0).First();
        Assert.Equal([0, 1], batch.Ids[.., 0].data<long>().ToArray().Distinct().Order());
        Assert.Equal(9, batch.Next.max().item<long>());
    }

    [Fact]
    public void Windows_that_do_not_fit_are_refused()
    {
        Assert.Contains("more than 8 tokens, got 8", Assert.Throws<ArgumentException>(() => new TokenWindows(tokens.AsSpan(0, 8), 8, 1, 0)).Message);
        Assert.Throws<ArgumentException>(() => new TokenWindows(tokens, 0, 1, 0));
    }
}
