using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Cuts a picture into disjoint square patches and maps each linearly to a token.</summary>
/// <remarks>Source: Dosovitskiy et al. 2021, equation 1 (arXiv 2010.11929).</remarks>
public sealed class PatchEmbed : nn.Module<Tensor, Tensor>
{
    private readonly int patch;
    private readonly Conv2d projection; // a convolution whose windows touch but do not overlap is the linear map of patches

    /// <param name="channels">Of the pictures.</param>
    /// <param name="dim">Width of a token.</param>
    /// <param name="patch">Side of a patch in pixels.</param>
    /// <param name="name">Dotted name of the projection's weights; the default is that of most vision transformers.</param>
    /// <param name="std">Of the first weights, then with biases of zero; null: libtorch's own.</param>
    public PatchEmbed(int channels, int dim, int patch, string name = "proj", double? std = null) : base(nameof(PatchEmbed))
    {
        this.patch = patch;
        projection = nn.Conv2d(channels, dim, patch, stride: patch);
        if (std is { } deviation)
        {
            Layers.TruncatedNormal(projection.weight, deviation);
            nn.init.zeros_(projection.bias);
        }
        this.Register(name, projection);
    }

    /// <summary>Filters of the patches, [dim, channels, patch, patch]; owned by this module.</summary>
    public Tensor Kernels => projection.weight;

    /// <summary>The geometry along a side.</summary>
    public SlidingWindow Window => new(patch, patch, 0);

    /// <param name="images">[B, C, H, W].</param>
    /// <returns>[B, H/P * W/P, D], in raster order.</returns>
    /// <exception cref="ArgumentException">A side that the patch does not divide.</exception>
    public override Tensor forward(Tensor images)
    {
        var (height, width) = (images.shape[2], images.shape[3]);
        if (height % patch != 0 || width % patch != 0)
            throw new ArgumentException($"Patches of {patch}x{patch} pixels do not tile a picture of {height}x{width} pixels.", nameof(images));
        using var scope = NewDisposeScope();
        return projection.call(images).flatten(2).transpose(1, 2).MoveToOuterDisposeScope(); // [B, D, h, w] -> [B, N, D]
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
