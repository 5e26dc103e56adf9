using Lab.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Spells a word: behind its predictive vectors comes its first byte, behind every byte the next or the end. It sees no other word.</summary>
internal sealed class WordDecoder : nn.Module<Tensor, Tensor, Tensor>
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

    /// <param name="predictive">[n, p, d].</param>
    /// <param name="bytes">[n, c] int64.</param>
    /// <returns>Logits [n, c + 1, 257], from the first byte to what follows the last.</returns>
    public override Tensor forward(Tensor predictive, Tensor bytes)
    {
        using var scope = NewDisposeScope();
        var x = stack.call(cat([predictive, symbols.call(bytes)], 1)); // [n, p + c, d]
        return Logits(x.narrow(1, prefixes - 1, bytes.shape[1] + 1)).MoveToOuterDisposeScope();
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
