using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>Sizes of the generator as it was published.</summary>
/// <param name="Dim">Width.</param>
/// <param name="Depth">Blocks over positions.</param>
/// <param name="HeadDepth">Blocks over the codes of a position.</param>
/// <param name="Heads">Of attention.</param>
/// <param name="Books">k.</param>
public sealed record FarOptions(int Dim, int Depth, int HeadDepth, int Heads, int Books)
{
    /// <summary>417 million parameters with two books.</summary>
    /// <param name="books">k.</param>
    public static FarOptions B(int books) => new(1024, 24, 3, 16, books);

    /// <summary>901 million parameters with two books.</summary>
    /// <param name="books">k.</param>
    public static FarOptions L(int books) => new(1280, 36, 4, 20, books);

    /// <summary>Codes of each book.</summary>
    public long BookSize { get; init; } = 16_384;

    /// <summary>Positions per side.</summary>
    public int Grid { get; init; } = 16;

    /// <summary>Classes; one more stands for none.</summary>
    public int Classes { get; init; } = 1000;
}

/// <summary>
/// The factorized autoregressive generator as it was published: Llama blocks over positions, then a few over the codes of
/// a position. Dropout is left out.
/// </summary>
/// <remarks>
/// Source: FQGAN, section 3.3 (arXiv 2411.16681), and github.com/showlab/FQGAN, whose names the weights have. There the
/// class token's queries and keys are erased by its rotary table; here it is a place that is not turned.
/// </remarks>
public sealed class Far : nn.Module<Tensor, Tensor, IReadOnlyList<Tensor>>
{
    private readonly FarOptions options;
    private readonly Embedding classes;
    private readonly Embedding[] tables;
    private readonly Linear aggregation;
    private readonly LlamaBlock[] layers, head;
    private readonly RmsNorm norm;
    private readonly Linear[] outputs;
    private readonly Tensor turns; // [1 + N, d / 2, 2]

    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">No book, or heads that do not divide the width.</exception>
    public Far(FarOptions options) : base(nameof(Far))
    {
        if (options.Books < 1) throw new ArgumentException($"There must be at least 1 book, got {options.Books}.", nameof(options));
        this.options = options;
        classes = Layers.Embedding(options.Classes + 1, options.Dim);
        tables = [.. Enumerable.Range(0, options.Books).Select(_ => Layers.Embedding(options.BookSize, options.Dim))];
        aggregation = Layers.Linear(options.Books * options.Dim, options.Dim);
        layers = [.. Enumerable.Range(0, options.Depth).Select(_ => new LlamaBlock(options.Dim, options.Heads))];
        head = [.. Enumerable.Range(0, options.HeadDepth).Select(_ => new LlamaBlock(options.Dim, options.Heads))];
        norm = new RmsNorm(options.Dim);
        outputs = [.. Enumerable.Range(0, options.Books).Select(_ => Layers.Linear(options.Dim, options.BookSize, bias: false))];
        turns = RotaryGrid.Turns(options.Grid, options.Dim / options.Heads).DetachFromDisposeScope();

        this.Register("cls_embedding.embedding_table", classes);
        for (var book = 0; book < tables.Length; book++) register_module($"tok_embeddings_{book + 1}", tables[book]);
        register_module("aggregation_layer", aggregation);
        for (var i = 0; i < layers.Length; i++) this.Register($"layers.{i}", layers[i]);
        for (var i = 0; i < head.Length; i++) this.Register($"ar_head.{i}", head[i]);
        register_module("norm", norm);
        for (var book = 0; book < outputs.Length; book++) register_module($"output_{book + 1}", outputs[book]);
        register_buffer("turns", turns, persistent: false);
    }

    /// <param name="codes">[B, N, k] int64.</param>
    /// <param name="labels">[B] int64.</param>
    /// <returns>Logits [B, N, K] of every book; those of book i see the codes of positions before, and at their own position of books before.</returns>
    public override IReadOnlyList<Tensor> forward(Tensor codes, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var (batch, positions) = (codes.shape[0], codes.shape[1]);
        Tensor[] embedded = [.. tables.Select((table, book) => table.call(codes.select(2, book)))]; // [B, N, D] each
        var tokens = aggregation.call(cat(embedded, -1));
        var x = cat([classes.call(labels).unsqueeze(1), tokens.narrow(1, 0, positions - 1)], 1);
        foreach (var layer in layers) x = layer.call(x, turns.narrow(0, 0, positions));

        // The context of a position, then its codes but the last: a sequence of k for each.
        x = cat([.. embedded.SkipLast(1).Prepend(x).Select(vectors => vectors.unsqueeze(2))], 2).flatten(0, 1); // [B N, k, D]
        foreach (var layer in head) x = layer.call(x, turns.narrow(0, 0, options.Books));
        x = norm.call(x).view(batch, positions, options.Books, options.Dim);
        return [.. outputs.Select((output, book) => output.call(x.select(2, book)).MoveToOuterDisposeScope())];
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
