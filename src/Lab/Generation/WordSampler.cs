using Lab.Data;
using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Generation;

/// <summary>Lets a word-level model go on with a text: an outer loop over words, an inner one over the bytes of a word.</summary>
/// <remarks>Source: Neitemeier et al. 2025, section 3.3 (arXiv 2501.10322).</remarks>
public static class WordSampler
{
    /// <summary>
    /// Draws words behind a prompt. Encoder and backbone run once per finished word. When the context is full, the older half
    /// is forgotten. A word ends at its end symbol, which cannot come first, or at the longest a word may be.
    /// </summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="prompt">May be empty; of a prompt longer than the context the last words count.</param>
    /// <param name="count">Words to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops between two words.</param>
    /// <returns>The drawn words, without the prompt.</returns>
    /// <exception cref="ArgumentException">An option outside its range, or a word of the prompt too long.</exception>
    public static byte[] Sample(WordLm model, WordText prompt, int count, SamplingOptions options, CancellationToken cancellation = default)
    {
        options.Check();
        using var noGrad = no_grad();
        var (context, device) = (model.Options.Context, model.parameters().First().device);
        using var cache = new KeyValueCache(model.BackboneOptions, device: device);
        var random = new CounterRandom(options.Seed, 0);
        var (bytes, starts) = (new List<byte>(prompt.Bytes), new List<int>(prompt.Starts));
        var fresh = Math.Min(prompt.Count, context - 1); // words at the end that the cache lacks; the start vector takes a place
        for (var drawn = 0; drawn < count; drawn++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (cache.Length / model.Options.Prefixes + fresh > context)
            {
                cache.Truncate(0);
                fresh = context / 2;
            }
            using var predictive = Next(model, new([.. bytes], [.. starts]), fresh, cache);
            Spell(model, predictive, bytes, options, ref random);
            starts.Add(bytes.Count);
            fresh = 1;
        }
        return [.. bytes.Skip(prompt.Bytes.Length)];
    }

    private static Tensor Next(WordLm model, WordText text, int fresh, KeyValueCache cache)
    {
        if (fresh == 0) return model.Next(null, cache);
        using var words = WordBatch.Of(text, [text.Count - fresh], fresh, model.Options.MaxWordBytes, model.parameters().First().device);
        return model.Next(words, cache);
    }

    private static void Spell(WordLm model, Tensor predictive, List<byte> bytes, SamplingOptions options, ref CounterRandom random)
    {
        using var cache = new KeyValueCache(model.DecoderOptions, device: predictive.device);
        var logits = Logits(model, predictive, null, cache);
        logits[WordBatch.EndOfWord] = double.NegativeInfinity; // a word has at least one byte
        for (var length = 0; length < model.Options.MaxWordBytes; length++)
        {
            var symbol = Categorical.Draw(logits, options, ref random);
            if (symbol == WordBatch.EndOfWord) return;
            bytes.Add((byte)symbol);
            logits = Logits(model, null, symbol, cache);
        }
    }

    private static double[] Logits(WordLm model, Tensor? predictive, int? symbol, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var bytes = symbol is { } value ? tensor(new long[] { value }, [1, 1], device: model.parameters().First().device) : null;
        return [.. model.Spell(predictive, bytes, cache)[0].to(ScalarType.Float64, CPU).data<double>()];
    }
}
