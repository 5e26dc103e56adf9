using Lab.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Reads a word: marker symbols, then its bytes, all looking at each other; what has become of the markers is the word.</summary>
internal sealed class WordEncoder : nn.Module<IReadOnlyList<Tensor>, Tensor>
{
    private const int FirstMarker = WordBatch.EndOfWord; // the bytes are 0 .. 255

    private readonly int prefixes;
    private readonly Embedding symbols, positions;
    private readonly TransformerBlock[] blocks;
    private readonly LayerNorm norm;

    public WordEncoder(WordLmOptions options) : base(nameof(WordEncoder))
    {
        prefixes = options.Prefixes;
        symbols = Layers.Embedding(256 + prefixes, options.CharWidth);
        positions = Layers.Embedding(prefixes + options.MaxWordBytes, options.CharWidth);
        blocks = [.. Enumerable.Range(0, options.CharLayers).Select(_ => new TransformerBlock(new(options.CharWidth, options.CharHeads, 4 * options.CharWidth)))];
        norm = nn.LayerNorm(options.CharWidth);
        this.Register("wte", symbols);
        this.Register("wpe", positions);
        for (var layer = 0; layer < blocks.Length; layer++) this.Register($"h.{layer}", blocks[layer]);
        this.Register("ln_f", norm);
    }

    /// <param name="words">By length, each [m, c] int64.</param>
    /// <returns>[M, p, d], M the words of all lengths.</returns>
    public override Tensor forward(IReadOnlyList<Tensor> words)
    {
        using var scope = NewDisposeScope();
        var markers = arange(FirstMarker, FirstMarker + prefixes, device: words[0].device);
        var (ids, packing) = Packing.Of([.. words.Select(bytes => cat([markers.expand(bytes.shape[0], -1), bytes], 1))]); // [m, p + c] each
        var x = symbols.call(ids) + positions.call(packing.Places(ids.device)); // [U, d]
        foreach (var block in blocks) x = block.Apply(x, packing);
        return norm.call(cat([.. packing.Split(x).Select(block => block.narrow(1, 0, prefixes))], 0)).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by the method section's names.</summary>
    protected override void RegisterComponents() { }
}
