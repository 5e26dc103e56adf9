using Lab.ImageTokenizers.Priors;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>Sizes of the head that generates channels one after the other.</summary>
/// <param name="Width">Of its vectors.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">A divisor of the width.</param>
public sealed record ChannelArOptions(int Width, int Depth, int Heads)
{
    /// <summary>While training.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Numbers that such a head learns.</summary>
    /// <param name="contextDim">d.</param>
    /// <param name="slots">Tokens of a position.</param>
    /// <param name="classes">Of each.</param>
    public long Parameters(long contextDim, long slots, long classes)
    {
        long w = Width;
        var block = 18 * w * w + 19 * w + 4 * (w / Heads); // attention and MLP 12, modulation 6; norms of queries and keys
        var ends = (contextDim * w + w) + 2 * slots * w + 2 * w + (2 * w * w + 2 * w);
        return ends + Depth * block + (slots - 1) * classes * w + slots * (w * classes + classes);
    }

    internal void Check()
    {
        if (Width < 1 || Depth < 1) throw new ArgumentException($"A head needs a width and a depth of at least 1, got {Width} and {Depth}.");
        if (Heads < 1 || Width % Heads != 0) throw new ArgumentException($"{Heads} heads do not divide a width of {Width}.");
        if (Dropout is not (>= 0 and < 1)) throw new ArgumentException($"Dropout lies in [0, 1), got {Dropout}.");
    }
}

/// <summary>
/// Generates the tokens of one position one after the other, so that a vocabulary of B^C vectors is modelled by C small
/// classifications: a causal transformer over the channels, conditioned on the backbone's context in every layer.
/// </summary>
/// <remarks>Source: Wang et al. 2025, section 3.3 (arXiv 2503.16430); names of weights are those of its repository.</remarks>
public sealed class ChannelArHead : CodeHead
{
    private const double TokenStd = 1; // the repository leaves these tables as torch makes them

    private readonly ChannelArOptions options;
    private readonly Linear condition;
    private readonly Parameter places, moments; // [1, slots, w] each
    private readonly Embedding[] tables; // of all tokens but the last, which nothing follows
    private readonly ChannelBlock[] blocks;
    private readonly LayerNorm norm, lastNorm;
    private readonly Linear lastModulation;
    private readonly Linear[] outputs;

    /// <param name="contextDim">d.</param>
    /// <param name="bookSizes">Classes of every token.</param>
    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">Sizes that do not fit.</exception>
    public ChannelArHead(int contextDim, IReadOnlyList<long> bookSizes, ChannelArOptions options) : base(bookSizes, nameof(ChannelArHead))
    {
        options.Check();
        this.options = options;
        var (w, slots) = (options.Width, bookSizes.Count);
        condition = Mar.Linear(contextDim, w);
        (places, moments) = (Mar.Table(1, slots, w), Mar.Table(1, slots, w));
        tables = [.. bookSizes.SkipLast(1).Select(classes => Layers.Embedding(classes, w))];
        using (no_grad())
            foreach (var table in tables) table.weight!.normal_(0, TokenStd);
        blocks = [.. Enumerable.Range(0, options.Depth).Select(layer => new ChannelBlock(options, layer))];
        (norm, lastNorm, lastModulation) = (Mar.Norm(w), Mar.PlainNorm(w), Mar.Zero(w, 2 * w));
        outputs = [.. bookSizes.Select(classes => Mar.Linear(w, classes))];

        this.Register("condition_proj", condition);
        register_parameter("channel_embed", places);
        register_parameter("timesteps_embeddings", moments);
        foreach (var (slot, table) in tables.Index()) this.Register($"token_embeddings.{slot}", table);
        foreach (var (layer, block) in blocks.Index()) this.Register($"channel_blocks.{layer}", block);
        this.Register("channel_norm", norm);
        this.Register("channel_final.norm_final", lastNorm);
        this.Register("channel_final.adaLN_modulation.1", lastModulation);
        foreach (var (slot, output) in outputs.Index()) this.Register($"channel_heads.{slot}", output);
    }

    /// <summary>Operations to generate one position with the keys and values of earlier channels kept, a multiply-add of a matrix counted as two.</summary>
    public double FlopsPerPosition
    {
        get
        {
            var (w, slots) = ((double)options.Width, outputs.Length);
            return 2 * (condition.weight.numel() + slots * (18 * w * w * options.Depth + 2 * w * w) + outputs.Sum(output => output.weight.numel()));
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Logits(Tensor contexts, Tensor codes)
    {
        var x = Hidden(contexts, codes.narrow(1, 0, tables.Length)); // [N, slots, w]
        return [.. outputs.Select((output, slot) => output.call(x.select(1, slot)))];
    }

    /// <inheritdoc/>
    public override Tensor Next(Tensor contexts, Tensor codes) => outputs[codes.shape[1]].call(Hidden(contexts, codes).select(1, codes.shape[1]));

    /// <summary>The same draws as without the kept keys and values, at a fraction of the cost.</summary>
    internal override Tensor Draw(Tensor contexts, Tensor? unconditional, CodeSampling sampling, Generator random)
    {
        if (unconditional is not null) return base.Draw(contexts, unconditional, sampling, random);
        using var scope = NewDisposeScope();
        using var cache = new KeyValueCache(new(1, options.Width, options.Depth, options.Heads, outputs.Length), (int)contexts.shape[0], contexts.device);
        var c = condition.call(contexts).unsqueeze(1);
        var codes = new Tensor[outputs.Length];
        for (var slot = 0; slot < codes.Length; slot++)
        {
            var before = slot == 0 ? c : tables[slot - 1].call(codes[slot - 1]); // [N, 1, w]
            var x = Transform(before + places.narrow(1, slot, 1), c + moments.narrow(1, slot, 1), cache);
            cache.Advance(1);
            codes[slot] = Drawn(outputs[slot].call(x.squeeze(1)) / sampling.Temperature, sampling.TopK, random); // [N, 1]
        }
        return cat(codes, 1).MoveToOuterDisposeScope();
    }

    // The sequence [c, token 1, ..., token j]: place j knows the tokens before it.
    private Tensor Hidden(Tensor contexts, Tensor codes)
    {
        using var scope = NewDisposeScope();
        var (c, count) = (condition.call(contexts).unsqueeze(1), codes.shape[1] + 1); // [N, 1, w]
        var before = Enumerable.Range(0, (int)codes.shape[1]).Select(slot => tables[slot].call(codes.select(1, slot)).unsqueeze(1));
        return Transform(cat([c, .. before], 1) + places.narrow(1, 0, count), c + moments.narrow(1, 0, count), cache: null).MoveToOuterDisposeScope();
    }

    // [N, n, w], and the condition of each place.
    private Tensor Transform(Tensor x, Tensor conditions, KeyValueCache? cache)
    {
        foreach (var block in blocks) x = block.Apply(x, conditions, cache);
        var last = lastModulation.call(nn.functional.silu(conditions)).chunk(2, -1);
        return Mar.Modulate(lastNorm.call(norm.call(x)), shift: last[1], scale: last[0]);
    }
}

/// <summary>A causal block whose norms and branches are modulated by a condition. The modulation starts at zero, so the block starts as the identity.</summary>
/// <remarks>Source: Peebles and Xie 2022, section 3.2, adaLN-zero (arXiv 2212.09748).</remarks>
internal sealed class ChannelBlock : nn.Module
{
    private readonly int layer;
    private readonly double dropout;
    private readonly LayerNorm attentionNorm, mlpNorm;
    private readonly MarAttention attention;
    private readonly Linear mlpIn, mlpOut, modulation;

    public ChannelBlock(ChannelArOptions options, int layer) : base(nameof(ChannelBlock))
    {
        var w = options.Width;
        (this.layer, dropout) = (layer, options.Dropout);
        (attentionNorm, mlpNorm) = (Mar.Norm(w), Mar.Norm(w));
        attention = new MarAttention(w, options.Heads, dropout, causal: true);
        (mlpIn, mlpOut, modulation) = (Mar.Linear(w, 4 * w), Mar.Linear(4 * w, w), Mar.Zero(w, 6 * w));
        this.Register("norm1", attentionNorm);
        this.Register("attn", attention);
        this.Register("norm2", mlpNorm);
        this.Register("mlp.fc1", mlpIn);
        this.Register("mlp.fc2", mlpOut);
        this.Register("adaLN_modulation.1", modulation);
    }

    /// <param name="x">[N, n, w].</param>
    /// <param name="condition">[N, n, w].</param>
    /// <param name="cache">Tokens before; null: none.</param>
    public Tensor Apply(Tensor x, Tensor condition, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        var m = modulation.call(nn.functional.silu(condition)).chunk(6, -1);
        x = x + m[2] * attention.Attend(Mar.Modulate(attentionNorm.call(x), shift: m[0], scale: m[1]), cache, layer);
        return (x + m[5] * Mlp(Mar.Modulate(mlpNorm.call(x), shift: m[3], scale: m[4]))).MoveToOuterDisposeScope();
    }

    private Tensor Mlp(Tensor x)
    {
        var hidden = nn.functional.dropout(nn.functional.gelu(mlpIn.call(x)), dropout, training);
        return nn.functional.dropout(mlpOut.call(hidden), dropout, training);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
