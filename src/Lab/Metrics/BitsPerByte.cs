using Lab.Nn;
using Lab.Text;

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
}
