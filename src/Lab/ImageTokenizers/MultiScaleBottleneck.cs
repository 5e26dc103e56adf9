using Lab.Quantization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>
/// Residual quantization over scales, one book for all: the grid of latents is shrunk to 1 x 1 and quantized, what that misses is shrunk to the next grid and quantized,
/// up to the full grid. Every scale's codes are stretched to the full grid and smoothed by a convolution before they are added, so first codes say
/// what the whole picture is like. A prior can then generate scale by scale.
/// </summary>
/// <remarks>Source: VAR, Tian et al. 2024, algorithms 1 and 2 (arXiv 2404.02905); the released model shares 4 convolutions among 10 scales.</remarks>
public sealed class MultiScaleBottleneck : Bottleneck
{
    private const double Smoothed = 0.5; // share of the convolution in what is added

    private readonly int channels;
    private readonly Codebook codebook;
    private readonly Conv2d[] smoothing; // fewer than there are scales where neighbours share one
    private readonly double commitment;

    /// <param name="channels">z.</param>
    /// <param name="scales">Sides of the grids, rising, the last that of the latents: e.g. [1, 2, 4, 8].</param>
    /// <param name="codebook">As wide as a latent vector; owned by this module from now on.</param>
    /// <param name="commitment">beta: of the term that holds the latents near their sums.</param>
    /// <param name="convolutions">How many smooth: neighbouring scales share where there are fewer than scales; null: one for each.</param>
    /// <exception cref="ArgumentException">
    /// No scale, sides that do not rise, a codebook of another width or that cannot be what its options ask for, a negative weight, or convolutions that no scale would have.
    /// </exception>
    public MultiScaleBottleneck(int channels, IReadOnlyList<int> scales, Codebook codebook, double commitment = 0.25, int? convolutions = null) : base(nameof(MultiScaleBottleneck))
    {
        if (scales.Count == 0 || scales[0] < 1 || scales.Zip(scales.Skip(1)).Any(pair => pair.First >= pair.Second))
            throw new ArgumentException($"Sides of grids are at least 1 and rise from scale to scale, got [{string.Join(", ", scales)}].", nameof(scales));
        if (codebook.Dim != channels) throw new ArgumentException($"Codes must be {channels} wide, got {codebook.Dim}.", nameof(codebook));
        if (commitment is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The commitment weight must not be negative, got {commitment}.", nameof(commitment));
        if (convolutions < 1 || convolutions > scales.Count) throw new ArgumentException($"{scales.Count} scales have 1 to {scales.Count} convolutions, got {convolutions}.", nameof(convolutions));
        codebook.Check();
        (this.channels, Scales, this.codebook, this.commitment) = (channels, [.. scales], codebook, commitment);
        smoothing = [.. Enumerable.Range(0, convolutions ?? scales.Count).Select(_ => nn.Conv2d(channels, channels, 3, padding: 1))];
        register_module("codebook", codebook);
        for (var i = 0; i < smoothing.Length; i++) register_module($"smoothing{i}", smoothing[i]);
    }

    /// <summary>Sides of the grids, coarse to fine.</summary>
    public IReadOnlyList<int> Scales { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => [codebook.Size];

    /// <inheritdoc/>
    public override double CodesPerPosition => (double)Scales.Sum(Count) / Count(Scales[^1]);

    /// <inheritdoc/>
    /// <remarks>Codes are [B, 1, T, 1]: the grids one after the other, coarse to fine, each in raster order.</remarks>
    /// <exception cref="ArgumentException">Latents of another shape.</exception>
    public override Quantized forward(Tensor z)
    {
        if (z.dim() != 4 || z.shape[1] != channels || z.shape[2] != Scales[^1] || z.shape[3] != Scales[^1])
            throw new ArgumentException($"Latents must be [B, {channels}, {Scales[^1]}, {Scales[^1]}], got [{string.Join(", ", z.shape)}].", nameof(z));
        using var scope = NewDisposeScope();
        var (target, sum, loss) = (z.detach(), zeros_like(z.detach()), zeros([], z.dtype, z.device));
        var (codes, compared) = (new List<Tensor>(), new List<Tensor>());
        if (training && !codebook.IsFrozen) codebook.Start(codebook.Project(Rows(target)));
        var vectors = codebook.Vectors;
        for (var scale = 0; scale < Scales.Count; scale++)
        {
            var rows = codebook.Project(Rows(Shrunk(target - sum.detach(), Scales[scale])));
            compared.Add(rows);
            codes.Add(NearestCode.Search(rows, vectors.detach()));
            sum = sum + Stretched(vectors, codes[scale].view(z.shape[0], -1), scale);
            if (training) loss = loss + (commitment * (z - sum.detach()).square().mean() + (target - sum).square().mean()) / Scales.Count;
        }
        if (training && !codebook.IsFrozen) codebook.Learn(cat([.. compared]), cat([.. codes]));
        var all = cat([.. codes.Select(code => code.view(z.shape[0], -1))], 1).unsqueeze(1).unsqueeze(-1);
        return new Quantized(training ? GradientEstimator.StraightThrough.Apply(z, sum) : sum, all, loss).MoveToOuterScope();
    }

    /// <inheritdoc/>
    public override Tensor Lookup(Tensor codes) => Lookup(codes, Scales.Count);

    /// <summary>What the first scales alone say.</summary>
    /// <param name="codes">[B, 1, T, 1] int64.</param>
    /// <param name="scales">How many, from 1.</param>
    /// <returns>[B, z, h, w].</returns>
    /// <exception cref="ArgumentException">Another number of codes or scales, or a code outside the book.</exception>
    public Tensor Lookup(Tensor codes, int scales)
    {
        if (scales < 1 || scales > Scales.Count) throw new ArgumentException($"There are 1 to {Scales.Count} scales to look up, got {scales}.", nameof(scales));
        if (codes.dim() != 4 || codes.shape[1] != 1 || codes.shape[2] != Scales.Sum(Count) || codes.shape[3] != 1)
            throw new ArgumentException($"Codes must be [B, 1, {Scales.Sum(Count)}, 1], got [{string.Join(", ", codes.shape)}].", nameof(codes));
        using var scope = NewDisposeScope();
        if ((codes.min().item<long>(), codes.max().item<long>()) is var (least, most) && (least < 0 || most >= codebook.Size))
            throw new ArgumentException($"Codes must lie in 0..{codebook.Size - 1}, got {(least < 0 ? least : most)}.", nameof(codes));
        var (sum, first, vectors) = (zeros([codes.shape[0], channels, Scales[^1], Scales[^1]], device: codes.device), 0L, codebook.Vectors);
        for (var scale = 0; scale < scales; first += Count(Scales[scale++]))
            sum = sum + Stretched(vectors, codes.select(3, 0).select(1, 0).narrow(1, first, Count(Scales[scale])), scale);
        return sum.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    internal override long Macs(Tensor z) => Scales.Count * 9L * channels * channels * z.shape[0] * Count(Scales[^1]);

    private static int Count(int side) => side * side;

    private static Tensor Rows(Tensor grid) => grid.permute(0, 2, 3, 1).reshape(-1, grid.shape[1]);

    private static Tensor Shrunk(Tensor grid, int side) => side == grid.shape[2] ? grid : nn.functional.interpolate(grid, [side, side], mode: InterpolationMode.Area);

    // Codes [B, n] of a scale as what it adds to the full grid.
    private Tensor Stretched(Tensor vectors, Tensor codes, int scale)
    {
        var side = Scales[scale];
        var grid = vectors.index_select(0, codes.reshape(-1)).view(codes.shape[0], side, side, channels).permute(0, 3, 1, 2).contiguous();
        if (side != Scales[^1]) grid = nn.functional.interpolate(grid, [Scales[^1], Scales[^1]], mode: InterpolationMode.Bicubic, align_corners: false);
        return (1 - Smoothed) * grid + Smoothed * smoothing[Shared(scale)].call(grid);
    }

    // Scales in order, as evenly over the convolutions as they go; 10 over 4 as in the released model.
    internal int Shared(int scale) => scale * smoothing.Length / Scales.Count;

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
