using Lab.Generation;
using Lab.Nn;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>
/// Generates grids of continuous latents of a class: a transformer over all positions tells the velocity that moves noise to latents. What priors over codes are to
/// tokenizers that quantize, this is to those that do not.
/// </summary>
/// <remarks>Sources: rectified flow, Liu et al. 2022 (arXiv 2209.03003); network: DiT, Peebles and Xie 2022 (arXiv 2212.09748); guidance: Ho and Salimans 2022 (arXiv 2207.12598).</remarks>
public sealed class LatentFlow : nn.Module
{
    private const double TimeScale = 1_000, LongestWave = 10_000; // times are told apart as the steps of a diffusion are

    private readonly int positions, channels, classes, waves;
    private readonly Linear input, time1, time2, lastModulation, output;
    private readonly Embedding labelTable; // one more than there are classes: none
    private readonly Parameter places; // [1, N, D]
    private readonly ModulatedBlock[] blocks;
    private readonly LayerNorm lastNorm;

    /// <param name="sizes">Of the transformer; an even width.</param>
    /// <param name="positions">N: h w of the grid.</param>
    /// <param name="channels">C.</param>
    /// <param name="classes">Classes.</param>
    /// <exception cref="ArgumentException">Less than one position, channel or class, or an odd width.</exception>
    public LatentFlow(PriorOptions sizes, int positions, int channels, int classes) : base(nameof(LatentFlow))
    {
        if (positions < 1 || channels < 1 || classes < 1) throw new ArgumentException($"Positions, channels and classes are at least 1, got {positions}, {channels} and {classes}.");
        if (sizes.Dim % 2 != 0) throw new ArgumentException($"Sines and cosines of the time need an even width, got {sizes.Dim}.", nameof(sizes));
        (this.positions, this.channels, this.classes, waves) = (positions, channels, classes, sizes.Dim / 2);
        (input, time1, time2) = (Layers.Linear(channels, sizes.Dim), Layers.Linear(sizes.Dim, sizes.Dim), Layers.Linear(sizes.Dim, sizes.Dim));
        labelTable = Layers.Embedding(classes + 1, sizes.Dim);
        places = PositionEmbedding.Create(PositionKind.Learned, positions, sizes.Dim, std: 0.02)!;
        blocks = [.. Enumerable.Range(0, sizes.Depth).Select(_ => new ModulatedBlock(sizes.Dim, sizes.Heads))];
        (lastNorm, lastModulation, output) = (ModulatedBlock.PlainNorm(sizes.Dim), ModulatedBlock.Zero(sizes.Dim, 2 * sizes.Dim), ModulatedBlock.Zero(sizes.Dim, channels));
        (string, nn.Module)[] parts = [("input", input), ("time1", time1), ("time2", time2), ("labels", labelTable), ("last_modulation", lastModulation), ("output", output)];
        foreach (var (name, part) in parts) register_module(name, part);
        register_parameter("places", places);
        for (var layer = 0; layer < blocks.Length; layer++) register_module($"block{layer}", blocks[layer]);
    }

    /// <summary>Stands for no class.</summary>
    public long NoClass => classes;

    /// <summary>Where points of the way from latents to noise move to.</summary>
    /// <param name="points">[B, N, C].</param>
    /// <param name="time">[B], from 0 (latents) to 1 (noise).</param>
    /// <param name="labels">[B] int64, classes or <see cref="NoClass"/>.</param>
    /// <returns>[B, N, C]; zero before training.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public Tensor Velocity(Tensor points, Tensor time, Tensor labels)
    {
        if (points.dim() != 3 || points.shape[1] != positions || points.shape[2] != channels || labels.dim() != 1 || labels.shape[0] != points.shape[0])
            throw new ArgumentException($"Latents [B, {positions}, {channels}] go with classes [B], got [{string.Join(", ", points.shape)}] and [{string.Join(", ", labels.shape)}].", nameof(points));
        using var scope = NewDisposeScope();
        var angles = time.unsqueeze(1) * TimeScale * (arange(waves, device: points.device).to(ScalarType.Float32) * (-Math.Log(LongestWave) / waves)).exp();
        var condition = nn.functional.silu(labelTable.call(labels) + time2.call(nn.functional.silu(time1.call(cat([angles.cos(), angles.sin()], 1))))); // [B, D]
        var x = input.call(points) + places;
        foreach (var block in blocks) x = block.call(x, condition);
        var last = lastModulation.call(condition).unsqueeze(1).chunk(2, -1);
        return output.call(ModulatedBlock.Modulate(lastNorm.call(x), shift: last[0], scale: last[1])).MoveToOuterDisposeScope();
    }

    /// <summary>Mixes latents with noise at random times and asks for the velocity.</summary>
    /// <param name="latents">[B, N, C], scaled to unit deviation.</param>
    /// <param name="labels">[B] int64, classes or <see cref="NoClass"/>.</param>
    /// <returns>[B]: mean squared errors.</returns>
    /// <remarks>Draws from torch's own generator.</remarks>
    public Tensor Losses(Tensor latents, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var time = rand(latents.shape[0], device: latents.device);
        var (point, velocity) = FlowSampler.Line(latents, randn_like(latents), time);
        return (Velocity(point, time, labels) - velocity).square().mean([1L, 2L]).MoveToOuterDisposeScope();
    }

    /// <summary>Draws grids.</summary>
    /// <param name="labels">[B] int64, on the model's device.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>[B, N, C], scaled to unit deviation.</returns>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public Tensor Sample(Tensor labels, FlowSampling options, CancellationToken cancellation = default)
    {
        options.Check();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(options.Seed, "latents"), labels.device);
        var noise = randn([labels.shape[0], positions, channels], generator: random, device: labels.device);
        return FlowSampler.Follow(noise, options.Steps, Guided, cancellation).MoveToOuterDisposeScope();

        Tensor Guided(Tensor points, double time)
        {
            var times = full([labels.shape[0]], time, ScalarType.Float32, labels.device);
            var velocity = Velocity(points, times, labels);
            if (options.Guidance == 1) return velocity;
            var free = Velocity(points, times, full_like(labels, NoClass));
            return free + options.Guidance * (velocity - free);
        }
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
