using Lab.Generation;
using Lab.Nn;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>The law of a decoder. Prefixes that begin alike cost only the tokens in which they differ.</summary>
/// <param name="model">In evaluation mode; not owned.</param>
/// <param name="tokenizer">Of the decoder.</param>
public sealed class DecoderTokens(Decoder model, Bpe tokenizer) : INextTokenModel, IDisposable
{
    private readonly KeyValueCache cache = new(model.Options, device: model.parameters().First().device);
    private readonly List<int> seen = []; // what the cache holds
    private double[] last = []; // logits behind it

    /// <inheritdoc/>
    public Bpe Tokenizer => tokenizer;

    /// <inheritdoc/>
    /// <param name="prefix">At least one token; of a prefix longer than the context, its older tokens are left out by half contexts.</param>
    /// <exception cref="ArgumentException">An empty prefix: a decoder has no law of first tokens. Give it a context.</exception>
    public double[] LogProbabilities(ReadOnlySpan<int> prefix)
    {
        if (prefix.IsEmpty) throw new ArgumentException("A decoder needs at least one token before the first it predicts: give a context.", nameof(prefix));
        var (context, half) = (model.Options.Context, model.Options.Context / 2);
        if (prefix.Length > context) prefix = prefix[((prefix.Length - context + half - 1) / half * half)..];

        var common = 0;
        while (common < Math.Min(prefix.Length, seen.Count) && prefix[common] == seen[common]) common++;
        if (common < prefix.Length || common < seen.Count)
        {
            common = Math.Min(common, prefix.Length - 1); // the logits behind the last token are needed
            cache.Truncate(common);
            seen.RemoveRange(common, seen.Count - common);
            seen.AddRange(prefix[common..]);
            last = TokenSampler.Next(model, cache, prefix[common..].ToArray());
            Normalize(last);
        }
        return [.. last];
    }

    /// <inheritdoc/>
    public void Dispose() => cache.Dispose();

    private static void Normalize(double[] logits)
    {
        var total = LogSum.Of(logits);
        for (var i = 0; i < logits.Length; i++) logits[i] -= total;
    }
}

/// <summary>Sums of probabilities that are given by their logarithms.</summary>
internal static class LogSum
{
    public static double Of(IEnumerable<double> logarithms)
    {
        var values = logarithms as IReadOnlyCollection<double> ?? [.. logarithms];
        var highest = values.DefaultIfEmpty(double.NegativeInfinity).Max();
        return double.IsNegativeInfinity(highest) ? highest : highest + Math.Log(values.Sum(value => Math.Exp(value - highest)));
    }
}
