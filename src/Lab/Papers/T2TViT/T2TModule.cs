using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>From a picture to tokens, in steps: split into windows, let them look at each other, make an image of them, split again.</summary>
/// <remarks>Source: section 3.1 (arXiv 2101.11986); names of weights as in github.com/yitu-opensource/T2T-ViT.</remarks>
public sealed class T2TModule : nn.Module<Tensor, Tensor>
{
    private readonly T2TOptions options;
    private readonly nn.Module<Tensor, Tensor>[] layers;
    private readonly Linear project;

    /// <param name="options">With attention between the splits.</param>
    public T2TModule(T2TOptions options) : base(nameof(T2TModule))
    {
        this.options = options;
        layers = [.. options.Splits.SkipLast(1).Select((split, i) => Layer(split, i))];
        project = Layers.Linear(Width(options.Splits[^1], options.Splits.Count - 1), options.Dim);
        for (var i = 0; i < layers.Length; i++) register_module($"attention{i + 1}", layers[i]);
        register_module("project", project);
    }

    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>[B, N, D].</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images;
        foreach (var (layer, split) in layers.Zip(options.Splits)) x = SoftSplit.Restructure(layer.call(SoftSplit.Of(x, split)));
        return project.call(SoftSplit.Of(x, options.Splits[^1])).MoveToOuterDisposeScope();
    }

    /// <summary>What every layer makes of a picture, as images, for looking at.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>[B, e, s, s] behind every split but the last.</returns>
    public IReadOnlyList<Tensor> Stages(Tensor images)
    {
        var stages = new List<Tensor>();
        foreach (var (layer, split) in layers.Zip(options.Splits)) stages.Add(SoftSplit.Restructure(layer.call(SoftSplit.Of(stages.LastOrDefault() ?? images, split))));
        return stages;
    }

    private nn.Module<Tensor, Tensor> Layer(Split split, int index) => options.Kind == T2TKind.Transformer
        ? new TokenTransformer(Width(split, index), options.TokenDim)
        : new TokenPerformer(Width(split, index), options.TokenDim, options.KernelRatio);

    // Of a token from a split.
    private int Width(Split split, int index) => split.Kernel * split.Kernel * (index == 0 ? 3 : options.TokenDim);

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>The controls: the splits as convolutions with nothing between them, or one patch embedding with as many tokens.</summary>
internal sealed class ConvolutionModule : nn.Module<Tensor, Tensor>
{
    private readonly Conv2d[] layers;

    public ConvolutionModule(T2TOptions options) : base(nameof(ConvolutionModule))
    {
        var (splits, patch) = (options.Splits, options.ImageSize / options.Grids[^1]);
        if (options.Kind == T2TKind.None) splits = [new(patch, patch, 0)];
        layers = [.. splits.Select((split, i) => nn.Conv2d(i == 0 ? 3 : options.TokenDim, i == splits.Count - 1 ? options.Dim : options.TokenDim, split.Kernel, split.Stride, split.Padding))];
        for (var i = 0; i < layers.Length; i++) register_module(i == layers.Length - 1 ? "project" : $"soft_split{i}", layers[i]);
    }

    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        var x = images;
        foreach (var layer in layers) x = layer.call(x);
        return x.flatten(2).transpose(1, 2).MoveToOuterDisposeScope();
    }

    protected override void RegisterComponents() { }
}
