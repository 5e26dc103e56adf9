using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>
/// Book after book: a small causal transformer reads the context and the codes drawn before, so codes of a position may
/// depend on each other in any way.
/// </summary>
/// <remarks>Source: FQGAN, section 3.3 (arXiv 2411.16681).</remarks>
public sealed class CodeArHead : CodeHead
{
    private readonly Linear project;
    private readonly Embedding[] embeddings; // of all books but the last
    private readonly CausalStack stack;
    private readonly Linear[] outputs;

    /// <param name="dim">D.</param>
    /// <param name="bookSizes">Codes of every book.</param>
    /// <param name="sizes">Of the small transformer.</param>
    public CodeArHead(int dim, IReadOnlyList<long> bookSizes, PriorOptions sizes) : base(bookSizes, nameof(CodeArHead))
    {
        project = Layers.Linear(dim, sizes.Dim);
        embeddings = [.. bookSizes.SkipLast(1).Select(size => Layers.Embedding(size, sizes.Dim))];
        stack = new CausalStack(sizes.Dim, sizes.Depth, sizes.Heads, bookSizes.Count);
        outputs = [.. bookSizes.Select(size => Layers.Linear(sizes.Dim, size))];
        register_module("project", project);
        for (var book = 0; book < embeddings.Length; book++) register_module($"embedding{book}", embeddings[book]);
        register_module("stack", stack);
        for (var book = 0; book < outputs.Length; book++) register_module($"output{book}", outputs[book]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Logits(Tensor contexts, Tensor codes)
    {
        var hidden = Hidden(contexts, codes.narrow(1, 0, embeddings.Length)); // [R, M, w]
        return [.. outputs.Select((output, book) => output.call(hidden.select(1, book)))];
    }

    /// <inheritdoc/>
    public override Tensor Next(Tensor contexts, Tensor codes) => outputs[codes.shape[1]].call(Hidden(contexts, codes).select(1, codes.shape[1]));

    // The sequence [context, code 1, ..., code i]: place j knows the codes of books before j.
    private Tensor Hidden(Tensor contexts, Tensor codes)
    {
        var before = Enumerable.Range(0, (int)codes.shape[1]).Select(book => embeddings[book].call(codes.select(1, book)));
        return stack.call(cat([.. before.Prepend(project.call(contexts)).Select(vectors => vectors.unsqueeze(1))], 1));
    }
}
