using Lab.Data;
using Lab.Generation;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>Several models of bytes, whatever their tokens are, as one: the mean of their laws.</summary>
/// <remarks>Source: Phan et al. 2024, section 5 (arXiv 2410.09303).</remarks>
public sealed class ByteEnsemble : INextByteModel
{
    private readonly IReadOnlyList<INextByteModel> models;
    private readonly double[] weights;

    /// <param name="models">At least one, all at the same place of the same text.</param>
    /// <param name="weights">One per model, summing to 1; null: all alike.</param>
    /// <exception cref="ArgumentException">No model, or weights that do not fit.</exception>
    public ByteEnsemble(IReadOnlyList<INextByteModel> models, IReadOnlyList<double>? weights = null)
    {
        if (models.Count == 0) throw new ArgumentException("An ensemble has at least one model.", nameof(models));
        this.models = models;
        this.weights = [.. weights ?? [.. Enumerable.Repeat(1.0 / models.Count, models.Count)]];
        if (this.weights.Length != models.Count || this.weights.Any(weight => weight is not >= 0) || Math.Abs(this.weights.Sum() - 1) > 1e-9)
            throw new ArgumentException($"{models.Count} models need as many weights that sum to 1, got [{string.Join(", ", this.weights)}].", nameof(weights));
    }

    /// <inheritdoc/>
    public double[] Law()
    {
        var law = new double[256];
        foreach (var (model, weight) in models.Zip(weights))
            foreach (var (value, probability) in model.Law().Index()) law[value] += weight * probability;
        return law;
    }

    /// <inheritdoc/>
    public void Append(byte value)
    {
        foreach (var model in models) model.Append(value);
    }
}

/// <summary>Reads and writes with models of bytes.</summary>
public static class ByteText
{
    /// <summary>Draws bytes; temperature and nucleus act on the law of bytes. The model stands behind the last one afterwards.</summary>
    /// <param name="model">At the end of the prompt.</param>
    /// <param name="count">Bytes to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops between two bytes.</param>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public static byte[] Sample(INextByteModel model, int count, SamplingOptions options, CancellationToken cancellation = default)
    {
        options.Check();
        var (random, bytes) = (new CounterRandom(options.Seed, 0), new byte[count]);
        for (var i = 0; i < count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            bytes[i] = (byte)Categorical.Draw([.. model.Law().Select(probability => Math.Log(probability))], options, ref random);
            model.Append(bytes[i]);
        }
        return bytes;
    }

    /// <summary>Bits that each byte of a text costs. The model stands behind the last one afterwards.</summary>
    /// <param name="model">At the start of the text.</param>
    /// <param name="text">What is read.</param>
    /// <exception cref="InvalidOperationException">A byte has probability 0.</exception>
    public static double[] Bits(INextByteModel model, ReadOnlySpan<byte> text)
    {
        var bits = new double[text.Length];
        for (var i = 0; i < text.Length; i++)
        {
            bits[i] = -Math.Log2(model.Law()[text[i]]);
            model.Append(text[i]);
        }
        return bits;
    }
}
