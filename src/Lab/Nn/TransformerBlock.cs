using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Where a block normalizes.</summary>
public enum BlockNorm
{
    /// <summary>Before attention and before the MLP; the residual stream itself is never normalized.</summary>
    Pre,

    /// <summary>
    /// As in Compact Transformers: before attention, and then the residual stream itself is replaced by its normalized value.
    /// Parameter counts equal those of <see cref="Pre"/>.
    /// </summary>
    CctHybrid,
}

/// <summary>Sizes of a transformer block.</summary>
/// <param name="Dim">Width of a token.</param>
/// <param name="Heads">A divisor of the width.</param>
/// <param name="MlpDim">Hidden width of the MLP.</param>
public sealed record BlockOptions(int Dim, int Heads, int MlpDim)
{
    /// <summary>Where it normalizes; also decides the weights' names.</summary>
    public BlockNorm Norm { get; init; } = BlockNorm.Pre;

    /// <summary>Queries, keys and values have biases.</summary>
    public bool QkvBias { get; init; }

    /// <summary>On the outputs of attention and of both MLP layers.</summary>
    public double Dropout { get; init; }

    /// <summary>On the attention map.</summary>
    public double AttentionDropout { get; init; }

    /// <summary>Rate of <see cref="Nn.DropPath"/> on both residual branches.</summary>
    public double DropPath { get; init; }
}

/// <summary>One layer of a transformer encoder: attention, then an MLP with GELU, both with a residual connection.</summary>
public sealed class TransformerBlock : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly MultiHeadAttention attention;
    private readonly LayerNorm attentionNorm, mlpNorm;
    private readonly Linear mlpIn, mlpOut;
    private readonly DropPath dropPath;

    /// <exception cref="ArgumentException">Heads that do not divide the width, or a rate outside its range.</exception>
    public TransformerBlock(BlockOptions options) : base(nameof(TransformerBlock))
    {
        Options = options;
        attention = new MultiHeadAttention(options.Dim, options.Heads, options.AttentionDropout, options.Dropout, options.QkvBias);
        attentionNorm = nn.LayerNorm(options.Dim);
        mlpNorm = nn.LayerNorm(options.Dim);
        mlpIn = Layers.Linear(options.Dim, options.MlpDim);
        mlpOut = Layers.Linear(options.MlpDim, options.Dim);
        dropPath = new DropPath(options.DropPath);

        // The names of timm's vision transformers, and those of the Compact Transformers repository.
        string[] names = options.Norm == BlockNorm.Pre
            ? ["norm1", "attn", "norm2", "mlp.fc1", "mlp.fc2"]
            : ["pre_norm", "self_attn", "norm1", "linear1", "linear2"];
        nn.Module[] children = [attentionNorm, attention, mlpNorm, mlpIn, mlpOut];
        foreach (var (name, child) in names.Zip(children)) this.Register(name, child);
        this.Register("drop_path", dropPath);
    }

    /// <summary>Sizes.</summary>
    public BlockOptions Options { get; }

    /// <param name="x">[B, N, D].</param>
    /// <param name="mask">[B, N] bool, true for tokens that take part; null: all.</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var u = x + dropPath.call(attention.call(attentionNorm.call(x), mask));
        var normalized = mlpNorm.call(u);
        var residual = Options.Norm == BlockNorm.CctHybrid ? normalized : u;
        return (residual + dropPath.call(Mlp(normalized))).MoveToOuterDisposeScope();
    }

    /// <summary>The first half: attention with its residual. A reduction of tokens may follow, then <see cref="Feed"/>.</summary>
    /// <param name="x">[B, N, D].</param>
    /// <param name="keyBias">[B, N], added to the logits of every key; null: nothing.</param>
    /// <returns>[B, N, D], and queries and keys.</returns>
    public (Tensor Tokens, AttentionHeads Heads) Attend(Tensor x, Tensor? keyBias)
    {
        using var scope = NewDisposeScope();
        var (mixed, heads) = attention.Attend(attentionNorm.call(x), keyBias);
        return ((x + dropPath.call(mixed)).MoveToOuterDisposeScope(), heads.MoveToOuterDisposeScope());
    }

    /// <summary>The second half: the MLP with its residual.</summary>
    /// <param name="u">[B, M, D].</param>
    /// <returns>[B, M, D].</returns>
    public Tensor Feed(Tensor u)
    {
        using var scope = NewDisposeScope();
        var normalized = mlpNorm.call(u);
        return ((Options.Norm == BlockNorm.CctHybrid ? normalized : u) + dropPath.call(Mlp(normalized))).MoveToOuterDisposeScope();
    }

    /// <summary>The same on sequences of several lengths.</summary>
    /// <param name="rows">[U, D].</param>
    /// <param name="packing">Which rows belong together.</param>
    /// <returns>[U, D].</returns>
    internal Tensor Apply(Tensor rows, Packing packing)
    {
        using var scope = NewDisposeScope();
        var u = rows + dropPath.call(attention.Attend(attentionNorm.call(rows), packing));
        return Feed(u).MoveToOuterDisposeScope();
    }

    /// <summary>The attention map of this block for its input <paramref name="x"/>; see <see cref="MultiHeadAttention.Map"/>.</summary>
    public Tensor AttentionMap(Tensor x, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        return attention.Map(attentionNorm.call(x), mask).MoveToOuterDisposeScope();
    }

    private Tensor Mlp(Tensor x)
    {
        var hidden = nn.functional.dropout(nn.functional.gelu(mlpIn.call(x)), Options.Dropout, training);
        return nn.functional.dropout(mlpOut.call(hidden), Options.Dropout, training);
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
