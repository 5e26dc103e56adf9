using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>The middle of a language model: learned positions, causal pre-norm blocks and a norm, from vectors to vectors.</summary>
internal sealed class CausalStack : nn.Module<Tensor, Tensor>
{
    private readonly int block;
    private readonly Embedding positions;
    private readonly DecoderBlock[] blocks;
    private readonly LayerNorm norm;

    /// <param name="dim">Width.</param>
    /// <param name="depth">Blocks.</param>
    /// <param name="heads">A divisor of the width.</param>
    /// <param name="context">Most vectors in a sequence.</param>
    /// <param name="block">Neighbouring vectors that see each other; 1: none, a vector sees the past alone.</param>
    public CausalStack(int dim, int depth, int heads, int context, int block = 1) : base(nameof(CausalStack))
    {
        this.block = block;
        Options = new(Vocabulary: 1, dim, depth, heads, context);
        positions = Layers.Embedding(context, dim);
        blocks = [.. Enumerable.Range(0, depth).Select(layer => new DecoderBlock(Options, layer, block))];
        norm = nn.LayerNorm(dim);
        this.Register("wpe", positions);
        for (var layer = 0; layer < depth; layer++) this.Register($"h.{layer}", blocks[layer]);
        this.Register("ln_f", norm);
    }

    /// <summary>Sizes; a cache is made by them.</summary>
    public DecoderOptions Options { get; }

    /// <param name="vectors">[B, N, D].</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor vectors) => Apply(vectors, cache: null);

    /// <summary>The stack on sequences of several lengths.</summary>
    /// <param name="rows">[U, D].</param>
    /// <param name="packing">Which rows belong together.</param>
    /// <returns>[U, D].</returns>
    public Tensor Apply(Tensor rows, Packing packing)
    {
        using var scope = NewDisposeScope();
        var x = rows + positions.call(packing.Places(rows.device));
        foreach (var block in blocks) x = block.Apply(x, packing);
        return norm.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Goes on behind the vectors in the cache, which then holds the new ones too.</summary>
    /// <param name="vectors">[B, n, D].</param>
    /// <param name="cache">Of this stack.</param>
    /// <returns>[B, n, D].</returns>
    public Tensor Continue(Tensor vectors, KeyValueCache cache)
    {
        var output = Apply(vectors, cache);
        cache.Advance((int)vectors.shape[1]);
        return output;
    }

    private Tensor Apply(Tensor vectors, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var (past, count) = (cache?.Length ?? 0, vectors.shape[1]);
        if (past + count > Options.Context)
            throw new ArgumentException($"A sequence of {past + count} vectors is longer than the context of {Options.Context}.", nameof(vectors));
        if (past % block != 0 || count % block != 0)
            throw new ArgumentException($"Vectors that see each other in blocks of {block} come in whole blocks, got {count} behind {past}.", nameof(vectors));
        var x = vectors + positions.weight!.narrow(0, past, count);
        foreach (var block in blocks) x = block.Apply(x, cache);
        return norm.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
