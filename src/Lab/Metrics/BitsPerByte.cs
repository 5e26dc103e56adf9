using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>How well a model predicts a text, whatever its tokens are: bits of information per byte.</summary>
/// <param name="Bits">Code length of the scored tokens.</param>
/// <param name="Bytes">Bytes of exactly those tokens.</param>
public sealed record BitsPerByte(double Bits, long Bytes)
{
    /// <summary>Bits per byte.</summary>
    public double Value => Bits / Bytes;

    /// <summary>
    /// Scores a text. Windows as long as the context advance by half of it, and each scores its second half, so that every
    /// token has at least half a context before it; only the first window scores all but its first token.
    /// </summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokens">Of the text, at least two.</param>
    /// <param name="vocabulary">Tells the tokens' bytes.</param>
    /// <exception cref="ArgumentException">Fewer than two tokens.</exception>
    public static BitsPerByte Of(Decoder model, ReadOnlySpan<int> tokens, Vocabulary vocabulary)
    {
        var scores = ByteScores.Of(model, tokens, vocabulary);
        return new(scores.Bits.Sum(bits => (double)bits), scores.Text.Length - vocabulary[tokens[0]].Length);
    }

    /// <summary>Code lengths of the tokens of a text, in bits, all but the first.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="tokens">At least two, and at most one more than the model's context.</param>
    /// <exception cref="ArgumentException">Fewer or more tokens.</exception>
    public static double[] PerToken(Decoder model, ReadOnlySpan<int> tokens)
    {
        if (tokens.Length < 2 || tokens.Length > model.Options.Context + 1)
            throw new ArgumentException($"A text of 2 to {model.Options.Context + 1} tokens can be scored at once, but it has {tokens.Length}.", nameof(tokens));
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var ids = tensor(tokens.ToArray().Select(id => (long)id).ToArray()).to(model.parameters().First().device);
        var logits = model.call(ids.narrow(0, 0, tokens.Length - 1).unsqueeze(0))[0]; // [n - 1, V]
        var nats = nn.functional.cross_entropy(logits, ids.narrow(0, 1, tokens.Length - 1), reduction: nn.Reduction.None);
        return [.. nats.data<float>().Select(value => value / Math.Log(2))];
    }
}
