using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>From what a prior knows about a position to distributions over that position's M codes.</summary>
/// <param name="bookSizes">Codes of every book.</param>
/// <param name="name">Of the module.</param>
public abstract class CodeHead(IReadOnlyList<long> bookSizes, string name) : nn.Module(name)
{
    /// <summary>Codes of every book.</summary>
    public IReadOnlyList<long> BookSizes { get; } = bookSizes.Count > 0 ? bookSizes : throw new ArgumentException("A head needs at least 1 book of codes.", nameof(bookSizes));

    /// <summary>Logits of all codes. Those of book i depend on the codes of books before it at most.</summary>
    /// <param name="contexts">[R, D].</param>
    /// <param name="codes">[R, M] int64: the codes that are there.</param>
    /// <returns>One [R, K] per book.</returns>
    public abstract IReadOnlyList<Tensor> Logits(Tensor contexts, Tensor codes);

    /// <summary>Logits of the next book's code, the same as <see cref="Logits"/> gives.</summary>
    /// <param name="contexts">[R, D].</param>
    /// <param name="codes">[R, i] int64: those drawn before; i may be 0.</param>
    /// <returns>[R, K] of book i.</returns>
    public abstract Tensor Next(Tensor contexts, Tensor codes);

    /// <summary>Negative logarithms of the codes' probabilities.</summary>
    /// <param name="contexts">[R, D].</param>
    /// <param name="codes">[R, M] int64.</param>
    /// <returns>[R, M], in nats.</returns>
    public Tensor Losses(Tensor contexts, Tensor codes)
    {
        using var scope = NewDisposeScope();
        var losses = Logits(contexts, codes).Select((logits, book) => nn.functional.cross_entropy(logits, codes.select(1, book), reduction: nn.Reduction.None));
        return stack([.. losses], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Draws the codes of positions, book by book.</summary>
    /// <param name="contexts">[R, D].</param>
    /// <param name="unconditional">[R, D]: the same without the class; null without guidance.</param>
    /// <param name="options">How.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>[R, M] int64.</returns>
    internal virtual Tensor Draw(Tensor contexts, Tensor? unconditional, CodeSampling options, Generator random)
    {
        using var scope = NewDisposeScope();
        var codes = empty([contexts.shape[0], 0], ScalarType.Int64, contexts.device);
        for (var book = 0; book < BookSizes.Count; book++)
        {
            var logits = Next(contexts, codes);
            if (unconditional is not null)
            {
                var free = Next(unconditional, codes);
                logits = free + options.Guidance * (logits - free);
            }
            codes = cat([codes, Drawn(logits / options.Temperature, options.TopK, random)], 1);
        }
        return codes.MoveToOuterDisposeScope();
    }

    private protected static Tensor Drawn(Tensor logits, int? topK, Generator random)
    {
        if (topK < logits.shape[1])
        {
            var least = logits.topk(topK.Value, dim: 1).values.narrow(1, topK.Value - 1, 1); // [R, 1]
            logits = logits.masked_fill(logits < least, double.NegativeInfinity);
        }
        return multinomial(logits.softmax(1), 1, generator: random);
    }

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}
