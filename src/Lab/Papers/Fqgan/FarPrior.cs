using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Nn;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>How a prior comes from the context of a position to its codes.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Make">The head, for contexts of so many channels and books of these sizes.</param>
public sealed record FarHead(string Name, Func<PriorOptions, IReadOnlyList<long>, CodeHead> Make)
{
    /// <summary>A linear map per book.</summary>
    public static FarHead Linear { get; } = new("linear", (sizes, books) => new ParallelHead(sizes.Dim, books));

    /// <summary>A hidden layer, then a linear map per book.</summary>
    public static FarHead Mlp { get; } = new("MLP", (sizes, books) => new ParallelHead(sizes.Dim, books, 4 * sizes.Dim));

    /// <summary>FAR: book after book, by a transformer of one block.</summary>
    public static FarHead Autoregressive { get; } = new("autoregressive", (sizes, books) => new CodeArHead(sizes.Dim, books, sizes with { Depth = 1 }));
}

/// <summary>FAR: the factorized autoregressive prior, in the lab's sizes.</summary>
/// <remarks>Source: FQGAN, section 3.3 (arXiv 2411.16681).</remarks>
public static class FarPrior
{
    /// <summary>A prior with its first weights; all but the head's are the same whatever the head.</summary>
    /// <param name="sizes">Of the backbone.</param>
    /// <param name="head">How codes are predicted.</param>
    /// <param name="tokenizer">Whose codes.</param>
    /// <param name="classes">Conditions.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="device">The CPU when null.</param>
    public static CausalPrior Make(PriorOptions sizes, FarHead head, ImageTokenizer tokenizer, int classes, long seed, Device? device = null)
    {
        var (books, grid) = (tokenizer.Bottleneck.BookSizes, tokenizer.Config.Grid);
        var input = Seeded("input", () => new JoinedCodes(books, sizes.Dim));
        var codes = Seeded("head", () => head.Make(sizes, books));
        return Seeded("backbone", () => new CausalPrior(sizes, grid * grid, classes, input, codes)).OnDevice(device ?? CPU);

        T Seeded<T>(string part, Func<T> make)
        {
            using var generator = manual_seed(Seed.Derive(seed, part));
            return make();
        }
    }
}
