using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>All books at once, each by a linear map of its own: given the context, codes of a position do not depend on each other.</summary>
public sealed class ParallelHead : CodeHead
{
    private readonly Linear? hidden;
    private readonly Linear[] outputs;

    /// <param name="dim">D.</param>
    /// <param name="bookSizes">Codes of every book.</param>
    /// <param name="hiddenDim">Width of a layer with GELU before the maps; null: none.</param>
    public ParallelHead(int dim, IReadOnlyList<long> bookSizes, int? hiddenDim = null) : base(bookSizes, nameof(ParallelHead))
    {
        hidden = hiddenDim is { } width ? Layers.Linear(dim, width) : null;
        outputs = [.. bookSizes.Select(size => Layers.Linear(hiddenDim ?? dim, size))];
        if (hidden is not null) register_module("hidden", hidden);
        for (var book = 0; book < outputs.Length; book++) register_module($"output{book}", outputs[book]);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> Logits(Tensor contexts, Tensor codes)
    {
        var features = Features(contexts);
        return [.. outputs.Select(output => output.call(features))];
    }

    /// <inheritdoc/>
    public override Tensor Next(Tensor contexts, Tensor codes) => outputs[codes.shape[1]].call(Features(contexts));

    private Tensor Features(Tensor contexts) => hidden is null ? contexts : nn.functional.gelu(hidden.call(contexts));
}
