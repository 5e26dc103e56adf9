using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>
/// A language model: it gives every token of a sequence a distribution over the next. Pre-norm blocks of causal
/// attention and an MLP; the output layer is the embedding table unless the options say otherwise.
/// </summary>
/// <remarks>Source: Radford et al. 2019, section 2.3. Names of weights are those of github.com/karpathy/nanoGPT.</remarks>
public sealed class Decoder : nn.Module<Tensor, Tensor>
{
    internal const string InputTableName = "transformer.wte.weight", OutputTableName = "lm_head.weight";

    private readonly Embedding tokens;
    private readonly Embedding? positions;
    private readonly DecoderBlock[] blocks;
    private readonly LayerNorm norm;
    private readonly Linear? output;

    /// <exception cref="ArgumentException">A size outside its range, or heads that do not divide the width.</exception>
    public Decoder(DecoderOptions options) : base(nameof(Decoder))
    {
        options.Check();
        Options = options;
        tokens = Layers.Embedding(options.Vocabulary, options.Dim);
        tokens.weight!.requires_grad = !options.FrozenEmbedding;
        positions = options.Position == DecoderPosition.Learned ? Layers.Embedding(options.Context, options.Dim) : null;
        blocks = [.. Enumerable.Range(0, options.Depth).Select(layer => new DecoderBlock(options, layer))];
        norm = nn.LayerNorm(options.Dim);
        output = options.TiedOutput ? null : Layers.Linear(options.Dim, options.Vocabulary, bias: false);

        this.Register("transformer.wte", tokens);
        if (positions is not null) this.Register("transformer.wpe", positions);
        for (var layer = 0; layer < blocks.Length; layer++) this.Register($"transformer.h.{layer}", blocks[layer]);
        this.Register("transformer.ln_f", norm);
        if (output is not null) this.Register("lm_head", output);
    }

    /// <summary>Sizes.</summary>
    public DecoderOptions Options { get; }

    /// <summary>The vectors that tokens enter with, [V, D]. The decoder's own: neither a copy nor the caller's to dispose.</summary>
    public Tensor InputTable => tokens.weight!;

    /// <summary>The vectors whose products with the last hidden state are the logits, [V, D]: <see cref="InputTable"/> itself if the output is tied.</summary>
    public Tensor OutputTable => output?.weight ?? tokens.weight!;

    /// <param name="ids">[B, N] int64, at most <see cref="DecoderOptions.Context"/> tokens.</param>
    /// <returns>Logits [B, N, V] of the token behind each.</returns>
    /// <exception cref="ArgumentException">A sequence longer than the context.</exception>
    public override Tensor forward(Tensor ids) => Logits(ids, null);

    /// <summary>Goes on behind the tokens in the cache, which then holds the new ones too.</summary>
    /// <param name="ids">[B, n] int64.</param>
    /// <param name="cache">Of this decoder.</param>
    /// <returns>Logits [B, n, V], those of <see cref="forward"/> on the whole sequence.</returns>
    /// <exception cref="ArgumentException">More tokens in all than the context.</exception>
    public Tensor Continue(Tensor ids, KeyValueCache cache)
    {
        var logits = Logits(ids, cache);
        cache.Advance((int)ids.shape[1]);
        return logits;
    }

    private Tensor Logits(Tensor ids, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var past = cache?.Length ?? 0;
        if (past + ids.shape[1] > Options.Context)
            throw new ArgumentException($"A sequence of {past + ids.shape[1]} tokens is longer than the context of {Options.Context}.", nameof(ids));

        var x = tokens.call(ids); // [B, n, D]
        if (positions is not null) x = x + positions.call(arange(past, past + ids.shape[1], device: ids.device));
        x = nn.functional.dropout(x, Options.Dropout, training);
        foreach (var block in blocks) x = block.Apply(x, cache);
        x = norm.call(x);
        return (output is null ? x.matmul(tokens.weight!.t()) : output.call(x)).MoveToOuterDisposeScope(); // [B, n, V]
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>One layer of a <see cref="Decoder"/>.</summary>
internal sealed class DecoderBlock : nn.Module<Tensor, Tensor>
{
    private readonly DecoderOptions options;
    private readonly LayerNorm attentionNorm, mlpNorm;
    private readonly CausalAttention attention;
    private readonly Linear mlpIn, mlpOut;

    /// <param name="options">Sizes.</param>
    /// <param name="layer">Which of the stack it is.</param>
    /// <param name="block">Neighbours that see each other, see <see cref="CausalAttention"/>.</param>
    public DecoderBlock(DecoderOptions options, int layer, int block = 1) : base(nameof(DecoderBlock))
    {
        this.options = options;
        (attentionNorm, mlpNorm) = (nn.LayerNorm(options.Dim), nn.LayerNorm(options.Dim));
        attention = new CausalAttention(options, layer, block);
        mlpIn = Layers.Linear(options.Dim, 4 * options.Dim);
        mlpOut = Layers.Linear(4 * options.Dim, options.Dim, std: ResidualStd(options));
        this.Register("ln_1", attentionNorm);
        this.Register("attn", attention);
        this.Register("ln_2", mlpNorm);
        this.Register("mlp.c_fc", mlpIn);
        this.Register("mlp.c_proj", mlpOut);
    }

    /// <summary>The residual stream adds up 2 L branches: each starts smaller, so that their sum does not grow with the depth.</summary>
    public static double ResidualStd(DecoderOptions options) => 0.02 / Math.Sqrt(2 * options.Depth);

    public override Tensor forward(Tensor x) => Apply(x, cache: null);

    public Tensor Apply(Tensor x, KeyValueCache? cache) => Apply(x, normalized => attention.Attend(normalized, cache));

    public Tensor Apply(Tensor rows, Packing packing) => Apply(rows, normalized => attention.Attend(normalized, packing));

    private Tensor Apply(Tensor x, Func<Tensor, Tensor> attend)
    {
        using var scope = NewDisposeScope();
        x = x + Dropped(attend(attentionNorm.call(x)));
        return (x + Dropped(mlpOut.call(nn.functional.gelu(mlpIn.call(mlpNorm.call(x)))))).MoveToOuterDisposeScope();
    }

    private Tensor Dropped(Tensor branch) => nn.functional.dropout(branch, options.Dropout, training);

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
