using Lab.Data;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>Vectors that quantizers are compared on without a network. Owns its tensors.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Train">[N, D]: what quantizers are fitted to.</param>
/// <param name="Test">[N, D]: what they are measured on, and the base that is searched.</param>
/// <param name="Queries">[Q, D]: what is searched for.</param>
public sealed record FixedVectors(string Name, Tensor Train, Tensor Test, Tensor Queries) : IDisposable
{
    /// <summary>
    /// Clusters with an anisotropic spread: a centre N(0, 0.7^2), noise of rank 6 and a little of full rank. The spread is
    /// what product quantization suffers from, and what a rotation helps it with.
    /// </summary>
    /// <param name="seed">Of everything.</param>
    /// <param name="count">Training vectors, and as many test vectors.</param>
    /// <param name="queries">Queries.</param>
    public static FixedVectors Clusters(long seed, int count = 3_000, int queries = 400)
    {
        const int Dim = 16, Centres = 24, Rank = 6;
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(seed, "fixed vectors"));
        var centres = 0.7 * randn([Centres, Dim], generator: random);
        var spread = 0.6 * 0.8 * randn([Rank, Dim], generator: random);
        return new("clusters", Draw(count), Draw(count), Draw(queries));

        Tensor Draw(int n) => (centres.index_select(0, randint(Centres, [n], generator: random))
            + randn([n, Rank], generator: random).matmul(spread) + 0.25 * randn([n, Dim], generator: random)).MoveToOuterDisposeScope();
    }

    /// <summary>Patches of 8x8 pixels in three colours, each from a random place of a random picture.</summary>
    /// <param name="images">Training patches come from its training pictures.</param>
    /// <param name="seed">Of the places.</param>
    /// <param name="count">Training patches.</param>
    /// <param name="test">Test patches.</param>
    /// <param name="queries">Queries.</param>
    public static FixedVectors Patches(ImageSplits images, long seed, int count = 6_000, int test = 3_000, int queries = 400) =>
        new("patches", Cut(images.Train, Seed.Derive(seed, "train"), count), Cut(images.Test, Seed.Derive(seed, "test"), test), Cut(images.Test, Seed.Derive(seed, "queries"), queries));

    /// <summary>Mean squared distance of a test vector to the mean of all.</summary>
    public double Variance
    {
        get
        {
            using var scope = NewDisposeScope();
            return (Test - Test.mean([0])).square().sum(1).mean().item<float>();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Train, Test, Queries }) tensor.Dispose();
    }

    private static Tensor Cut(LabeledImages images, long seed, int count)
    {
        const int Side = 8;
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)seed);
        var picture = randint(images.Count, [count], generator: random).data<long>();
        var (top, left) = (randint(images.Images.shape[2] - Side + 1, [count], generator: random).data<long>(), randint(images.Images.shape[3] - Side + 1, [count], generator: random).data<long>());
        var patches = new Tensor[count];
        for (var i = 0; i < count; i++) patches[i] = images.Images[picture[i]].narrow(1, top[i], Side).narrow(2, left[i], Side).reshape(-1);
        return (stack(patches).to(ScalarType.Float32) / 127.5 - 1).MoveToOuterDisposeScope();
    }
}
