using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>
/// A small classifier whose layers serve as features of pictures: the stand-in for LPIPS' and Inception's networks. A loss
/// that sees the features of a metric wins that metric, so there are two, one for losses and one for metrics.
/// </summary>
public sealed class FeatureNet : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Sequential> blocks = new();
    private readonly ModuleList<Linear> heads = new();

    /// <param name="widths">Channels of the blocks; each halves the picture.</param>
    /// <param name="labels">What it learns to tell.</param>
    public FeatureNet(IReadOnlyList<int> widths, IReadOnlyList<LabelHead> labels) : base(nameof(FeatureNet))
    {
        var inputs = 3;
        foreach (var width in widths)
        {
            blocks.Add(nn.Sequential(nn.Conv2d(inputs, width, 3, stride: 2, padding: 1), Layers.GroupNorm(TokenizerConfig.Groups, width, 1e-6), nn.SiLU()));
            inputs = width;
        }
        foreach (var label in labels) heads.Add(nn.Linear(inputs, label.Classes));
        RegisterComponents();
    }

    /// <summary>Features at every depth.</summary>
    /// <param name="images">[B, 3, S, S] in [-1, 1].</param>
    /// <returns>One [B, C, s, s] per block.</returns>
    public IReadOnlyList<Tensor> Taps(Tensor images)
    {
        var taps = new List<Tensor>();
        foreach (var block in blocks) taps.Add(block.call(taps.Count == 0 ? images : taps[^1]));
        return taps;
    }

    /// <summary>One vector per picture.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>[B, D]: the mean of the last features over positions.</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Taps(images)[^1].mean([2, 3]).MoveToOuterDisposeScope();
    }

    /// <summary>Scores under every head.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>One [B, classes] per head.</returns>
    public IReadOnlyList<Tensor> Logits(Tensor images)
    {
        var embedding = call(images);
        return [.. heads.Select(head => head.call(embedding))];
    }

    /// <summary>
    /// How differently two sets of pictures look: squared differences of the features, each position's scaled to length 1, mean over positions
    /// and channels, summed over depths.
    /// </summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <param name="others">[B, 3, S, S].</param>
    /// <returns>Scalar, with gradients to both.</returns>
    /// <remarks>Source: Zhang et al. 2018, equation 1 (arXiv 1801.03924), without learned weights of channels.</remarks>
    public Tensor Distance(Tensor images, Tensor others)
    {
        using var scope = NewDisposeScope();
        var distances = Taps(images).Zip(Taps(others), (a, b) => (Unit(a) - Unit(b)).square().mean()).ToArray();
        return stack(distances).sum().MoveToOuterDisposeScope();
    }

    private static Tensor Unit(Tensor features) => features / (features.square().sum(1, keepdim: true) + 1e-12).sqrt().add(1e-6);
}
