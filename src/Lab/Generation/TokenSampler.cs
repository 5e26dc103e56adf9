using System.Runtime.InteropServices;
using Lab.Data;
using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Generation;

/// <summary>Lets a decoder go on with a sequence, token by token.</summary>
public static class TokenSampler
{
    /// <summary>
    /// Draws tokens behind a prompt. When the context is full, the older half is forgotten, so positions never leave it.
    /// </summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="prompt">At least one token; of a prompt longer than the context the last tokens count.</param>
    /// <param name="count">Tokens to draw.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops between two tokens.</param>
    /// <returns>The drawn tokens, without the prompt.</returns>
    /// <exception cref="ArgumentException">An empty prompt, or an option outside its range.</exception>
    public static int[] Sample(Decoder model, ReadOnlySpan<int> prompt, int count, SamplingOptions options, CancellationToken cancellation = default)
    {
        options.Check();
        if (prompt.IsEmpty) throw new ArgumentException("A decoder goes on behind at least one token.", nameof(prompt));
        using var noGrad = no_grad();
        using var cache = new KeyValueCache(model.Options, device: model.parameters().First().device);
        var random = new CounterRandom(options.Seed, 0);
        var sequence = new List<int>([.. prompt]);
        var fresh = Math.Min(prompt.Length, model.Options.Context); // tokens at the end that the cache lacks
        for (var drawn = 0; drawn < count; drawn++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (cache.Length + fresh > model.Options.Context)
            {
                cache.Truncate(0);
                fresh = Math.Max(1, model.Options.Context / 2);
            }
            sequence.Add(Categorical.Draw(Next(model, cache, sequence.GetRange(sequence.Count - fresh, fresh)), options, ref random));
            fresh = 1;
        }
        return [.. sequence.Skip(prompt.Length)];
    }

    /// <returns>Logits of the token behind <paramref name="ids"/>, which the cache takes in.</returns>
    internal static double[] Next(Decoder model, KeyValueCache cache, IEnumerable<int> ids)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var input = tensor(ids.Select(id => (long)id).ToArray(), device: model.parameters().First().device).unsqueeze(0); // [1, n]
        return MemoryMarshal.Cast<byte, double>(model.Continue(input, cache)[0, -1].to(ScalarType.Float64, CPU).bytes).ToArray();
    }
}
