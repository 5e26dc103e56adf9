using Lab.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Spells a word: behind its predictive vectors comes its first byte, behind every byte the next or the end. It sees no other word.</summary>
internal sealed class WordDecoder : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
{
    private readonly int prefixes;
    private readonly Embedding symbols; // also the output layer
    private readonly CausalStack stack;

    public WordDecoder(WordLmOptions options) : base(nameof(WordDecoder))
    {
        prefixes = options.Prefixes;
        symbols = Layers.Embedding(WordBatch.EndOfWord + 1, options.CharWidth);
        stack = new CausalStack(options.CharWidth, options.CharLayers, options.CharHeads, prefixes + options.MaxWordBytes);
        this.Register("wte", symbols);
        this.Register("stack", stack);
    }

    public DecoderOptions Options => stack.Options;

    /// <param name="predictive">By length of the word, each [n, p, d].</param>
    /// <param name="words">By length, each [n, c] int64.</param>
    /// <returns>By length, logits [n, c + 1, 257], from the first byte to what follows the last.</returns>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> predictive, IReadOnlyList<Tensor> words)
    {
        using var scope = NewDisposeScope();
        var (ids, bytes) = Packing.Of(words);
        var (rows, packing) = Packing.Of([.. predictive.Zip(bytes.Split(symbols.call(ids)), (before, spelled) => cat([before, spelled], 1))]); // [n, p + c, d] each
        var predicting = packing.Split(stack.Apply(rows, packing)).Select(block => block.narrow(1, prefixes - 1, block.shape[1] - prefixes + 1));
        var (x, units) = Packing.Of([.. predicting]);
        return [.. units.Split(Logits(x)).Select(logits => logits.MoveToOuterDisposeScope())];
    }

    /// <summary>Goes on with a word.</summary>
    /// <param name="predictive">[n, p, d] at its start, else null.</param>
    /// <param name="bytes">[n, c] int64 that follow; null: none.</param>
    /// <param name="cache">Of this stack.</param>
    /// <returns>Logits [n, 257] of what comes behind.</returns>
    public Tensor Next(Tensor? predictive, Tensor? bytes, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        if (predictive is not null) parts.Add(predictive);
        if (bytes is not null) parts.Add(symbols.call(bytes));
        var x = stack.Continue(cat(parts, 1), cache);
        return Logits(x.narrow(1, x.shape[1] - 1, 1)).squeeze(1).MoveToOuterDisposeScope();
    }

    private Tensor Logits(Tensor x) => x.matmul(symbols.weight!.t());

    /// <summary>The constructor registers by the method section's names.</summary>
    protected override void RegisterComponents() { }
}
