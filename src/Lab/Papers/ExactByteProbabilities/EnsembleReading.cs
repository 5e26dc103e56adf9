using Lab.Runtime;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>One text as two models of different vocabularies read it, alone and together, byte by byte.</summary>
/// <param name="Text">Its bytes.</param>
/// <param name="First">Bits that each byte costs the first model.</param>
/// <param name="Second">Bits that each byte costs the second one.</param>
/// <param name="Together">Bits that each byte costs the mean of both laws.</param>
/// <param name="Fast">Bits that each byte costs the first model if tokens that cannot follow are counted, too.</param>
/// <param name="InvalidMass">Mean probability that the first model gives to such tokens.</param>
public sealed record EnsembleReading(
    byte[] Text, IReadOnlyList<double> First, IReadOnlyList<double> Second, IReadOnlyList<double> Together, IReadOnlyList<double> Fast, double InvalidMass)
{
    private const int ContextBytes = 256, StretchBytes = 500;

    /// <summary>Bits per byte of both models and of their ensemble.</summary>
    public (double First, double Second, double Together) BitsPerByte => (First.Average(), Second.Average(), Together.Average());

    /// <summary>Reads a text in stretches that start where a piece does, each behind a few pieces of context.</summary>
    /// <param name="first">A model.</param>
    /// <param name="second">One of another vocabulary; the pieces are the same.</param>
    /// <param name="text">Longer than the context of some 256 bytes.</param>
    /// <param name="bytes">How much is read, at most.</param>
    /// <param name="weight">Of the first model in the ensemble, 0 to 1.</param>
    /// <param name="cancellation">Stops before the next stretch.</param>
    /// <exception cref="ArgumentException">A text too short.</exception>
    public static EnsembleReading Of(TinyLm first, TinyLm second, byte[] text, int bytes, double weight = 0.5, CancellationToken cancellation = default)
    {
        var borders = Pieces.Borders(first.Tokenizer.PreTokenizer, text);
        var stretches = new List<(int Context, int Start, int End)>();
        var begin = borders.Find(border => border >= ContextBytes);
        var last = Math.Min(begin + bytes, text.Length);
        for (var start = begin; start > 0 && start < last;)
        {
            var end = Math.Min(borders.Find(b => b >= start + StretchBytes) is > 0 and var next ? next : last, last);
            stretches.Add((borders.Find(b => b >= start - ContextBytes), start, end));
            start = end;
        }
        if (stretches.Count == 0) throw new ArgumentException($"A text of {text.Length} bytes leaves nothing to read behind {ContextBytes} bytes of context.", nameof(text));

        using var pair = new Pair(first, second, weight);
        var read = OneByOne.Map(stretches, s => pair.Read(text.AsSpan(s.Context, s.Start - s.Context), text.AsSpan(s.Start, s.End - s.Start)), cancellation);
        var all = read.SelectMany(costs => costs).ToArray();
        return new(
            text[stretches[0].Start..stretches[^1].End], [.. all.Select(c => c.First)], [.. all.Select(c => c.Second)], [.. all.Select(c => c.Together)],
            [.. all.Select(c => c.Fast)], all.Average(c => c.InvalidMass));
    }

    private readonly record struct Costs(double First, double Second, double Together, double Fast, double InvalidMass);

    private sealed class Pair(TinyLm first, TinyLm second, double weight) : IDisposable
    {
        private readonly DecoderTokens one = new(first.Model, first.Tokenizer), other = new(second.Model, second.Tokenizer);

        public Costs[] Read(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text)
        {
            var (context, costs) = (one.Tokenizer.Encode(before), new Costs[text.Length]);
            var (a, b) = (new ByteView(one, context), new ByteView(other, other.Tokenizer.Encode(before)));
            var (fast, together) = (new ByteView(one, context) { CountsInvalidTokens = true }, new ByteEnsemble([a, b], [weight, 1 - weight]));
            for (var i = 0; i < text.Length; i++)
            {
                costs[i] = new(Bits(a, text[i]), Bits(b, text[i]), Bits(together, text[i]), Bits(fast, text[i]), a.InvalidMass());
                together.Append(text[i]); // and so a and b
                fast.Append(text[i]);
            }
            return costs;
        }

        public void Dispose()
        {
            one.Dispose();
            other.Dispose();
        }

        private static double Bits(INextByteModel model, byte value) => -Math.Log2(model.Law()[value]);
    }
}
