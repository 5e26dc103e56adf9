using Lab.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Reads a word: marker symbols, then its bytes, all looking at each other; what has become of the markers is the word.</summary>
internal sealed class WordEncoder : nn.Module<Tensor, Tensor, Tensor>
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

    /// <param name="bytes">[n, c] int64.</param>
    /// <param name="lengths">[n] int64: bytes of each word; what stands behind them is not looked at.</param>
    /// <returns>[n, p, d].</returns>
    public override Tensor forward(Tensor bytes, Tensor lengths)
    {
        using var scope = NewDisposeScope();
        var markers = arange(FirstMarker, FirstMarker + prefixes, device: bytes.device).expand(bytes.shape[0], -1);
        var ids = cat([markers, bytes], 1); // [n, p + c]
        var places = arange(ids.shape[1], device: bytes.device);
        var present = places.unsqueeze(0) < (lengths + prefixes).unsqueeze(1);
        var x = symbols.call(ids) + positions.weight!.narrow(0, 0, ids.shape[1]);
        foreach (var block in blocks) x = block.call(x, present);
        return norm.call(x.narrow(1, 0, prefixes)).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by the method section's names.</summary>
    protected override void RegisterComponents() { }
}
