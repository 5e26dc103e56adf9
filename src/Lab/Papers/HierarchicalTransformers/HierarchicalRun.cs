using Lab.Metrics;
using Lab.Text;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>What misspelled context does to the words that are spelled right: half of the words are noisy, the other half is scored.</summary>
/// <param name="Kind">Of the noise.</param>
/// <param name="CleanBits">Bits per byte of the scored words after the text as it is.</param>
/// <param name="NoisyBits">The same words after noisy ones.</param>
/// <param name="CleanAccuracy">Word accuracy, in [0, 1].</param>
/// <param name="NoisyAccuracy">Likewise.</param>
public sealed record NoiseEffect(NoiseKind Kind, double CleanBits, double NoisyBits, double CleanAccuracy, double NoisyAccuracy)
{
    /// <summary>Relative rise of the bits.</summary>
    public double Rise => NoisyBits / CleanBits - 1;
}

/// <summary>A point of the training on a second language.</summary>
/// <param name="Flops">Spent so far.</param>
/// <param name="Other">Bits per byte in the second language.</param>
/// <param name="Main">Bits per byte in the first, which is being forgotten.</param>
public sealed record AdaptationPoint(double Flops, double Other, double Main);

/// <summary>One model of the comparison, measured.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Parameters">Numbers in all weights.</param>
/// <param name="CostPerByte">On the test text.</param>
/// <param name="BytesSeen">In training, repetitions counted.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="BitsPerByte">On the test text, all words but the first.</param>
/// <param name="WordAccuracy">In [0, 1]; null where the model's units are no words.</param>
/// <param name="Noise">By kind; empty where it was not measured.</param>
/// <param name="Adaptation">To the second language, by operations spent; empty where it was not measured.</param>
public sealed record ArmResult(
    string Name, long Parameters, ForwardCost CostPerByte, double BytesSeen, double Seconds, double BitsPerByte, double? WordAccuracy,
    IReadOnlyList<NoiseEffect> Noise, IReadOnlyList<AdaptationPoint> Adaptation)
{
    /// <summary>Operations of training.</summary>
    public double TrainingFlops => CostPerByte.Training * BytesSeen;

    /// <summary>Relative rise of the bits of clean words behind noisy ones, mean over misspellings.</summary>
    public double MeanRise => Noise.Where(effect => effect.Kind != NoiseKind.Capitals).Average(effect => effect.Rise);
}

/// <summary>What was measured with one seed. Owns the models.</summary>
/// <param name="Seed">Of weights, windows and noise.</param>
/// <param name="Words">The hierarchical model, trained on the first language.</param>
/// <param name="Tokens">The baseline, likewise.</param>
/// <param name="Hierarchical">The first, measured.</param>
/// <param name="Baseline">The second, measured.</param>
/// <param name="Fixed">The hierarchical model whose words are pieces of eight bytes.</param>
public sealed record HierarchicalRun(long Seed, TinyWordLm Words, TinyLm Tokens, ArmResult Hierarchical, ArmResult Baseline, ArmResult Fixed) : IDisposable
{
    /// <summary>All arms.</summary>
    public IReadOnlyList<ArmResult> Arms => [Hierarchical, Baseline, Fixed];

    /// <inheritdoc/>
    public void Dispose()
    {
        Words.Dispose();
        Tokens.Dispose();
    }
}
