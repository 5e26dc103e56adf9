using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>What a prior is made of.</summary>
public enum PriorKind
{
    /// <summary>Code after code in raster order.</summary>
    Causal,

    /// <summary>Many codes at a time in any order.</summary>
    MaskGit,

    /// <summary>Latents that are not quantized, from noise.</summary>
    Flow,
}

/// <summary>A prior on what a tokenizer makes of pictures.</summary>
/// <param name="Tokenizer">One of those trained in part B.</param>
/// <param name="Kind">Of the prior.</param>
public sealed record GenerationArm(TokenizerArm Tokenizer, PriorKind Kind)
{
    /// <summary>In tables and captions.</summary>
    public string Name => $"{Tokenizer.Name}, {Kind switch { PriorKind.Causal => "causal", PriorKind.MaskGit => "MaskGIT", _ => "flow" }}";
}

/// <summary>How priors learn and what they generate, alike for all.</summary>
/// <param name="Arms">Trained seed by seed in this order.</param>
/// <param name="Sizes">Of every transformer.</param>
/// <param name="Recipe">Of every training.</param>
/// <param name="Samples">Pictures that each generates, more than the metric network has features.</param>
public sealed record GenerationPlan(IReadOnlyList<GenerationArm> Arms, PriorOptions Sizes, PriorRecipe Recipe, int Samples)
{
    /// <summary>s of classifier-free guidance.</summary>
    public double Guidance { get; init; } = 1.75;
}

/// <summary>What a prior generates with one seed. Owns the pictures.</summary>
/// <param name="Arm">Prior and tokenizer.</param>
/// <param name="Seed">Of the tokenizer, of first weights and of the order of grids.</param>
/// <param name="Bits">Of a test picture's codes under the prior; null where the kind has no likelihood of grids.</param>
/// <param name="Score">Of what it generates.</param>
/// <param name="Pictures">[<see cref="Shown"/>, 3, S, S]: the first of them; not clamped.</param>
/// <param name="TrainingSeconds">Of the prior alone.</param>
/// <param name="SecondsPerImage">Sampling and decoding, in one large batch.</param>
public sealed record GenerationRun(
    GenerationArm Arm, long Seed, double? Bits, GeneratedScore Score, Tensor Pictures, double TrainingSeconds, double SecondsPerImage) : IDisposable
{
    /// <summary>Pictures kept of all that were generated.</summary>
    public const int Shown = 6;

    /// <inheritdoc/>
    public void Dispose() => Pictures.Dispose();
}

/// <summary>All generated pictures. Owns those that are kept.</summary>
/// <param name="Runs">Seed by seed, in the order of the arms.</param>
public sealed record GenerationResults(IReadOnlyList<GenerationRun> Runs) : IDisposable
{
    /// <summary>The arms, in order.</summary>
    public IReadOnlyList<GenerationArm> Arms => [.. Runs.Select(run => run.Arm).Distinct()];

    /// <summary>The runs of an arm, one per seed; none if it was not trained.</summary>
    public IReadOnlyList<GenerationRun> Of(GenerationArm arm) => [.. Runs.Where(run => run.Arm == arm)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }
}
