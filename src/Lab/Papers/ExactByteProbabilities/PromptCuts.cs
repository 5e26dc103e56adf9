using Lab.Data;
using Lab.Generation;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// Where prompts end. All kinds but the first are chosen by the tokens of the whole text: where a token ends there, the
/// naive law takes for granted what is so only by that choice, and looks better than it is.
/// </summary>
public enum CutKind
{
    /// <summary>Behind any byte.</summary>
    Anywhere,

    /// <summary>Inside a token of the text.</summary>
    MidToken,

    /// <summary>Between two tokens of a piece.</summary>
    TokenEnd,

    /// <summary>Between two pieces: what follows is known to begin a token.</summary>
    PieceEnd,
}

/// <summary>A prompt and what follows it in its text.</summary>
/// <param name="Context">Tokens of the piece before the prompt, so that a model has something to start from.</param>
/// <param name="Prompt">Starts where a piece does.</param>
/// <param name="Rest">From the cut to the end of the piece that it lies in, or of the next one; not empty.</param>
public sealed record PromptCut(int[] Context, byte[] Prompt, byte[] Rest);

/// <summary>What three readings of a token model say behind a prompt.</summary>
/// <param name="Bits">That the byte which really follows costs.</param>
/// <param name="Completed">Whether the most likely continuation is what really follows.</param>
public sealed record CutScore(double Bits, bool Completed);

/// <summary>Naive, healed and exact reading of one model at one cut.</summary>
public sealed record CutScores(CutScore Naive, CutScore Healed, CutScore Exact)
{
    /// <summary>Mean bits of the naive, the healed and the exact reading.</summary>
    /// <param name="scores">At least one.</param>
    public static (double Naive, double Healed, double Exact) Bits(IReadOnlyList<CutScores> scores) =>
        (scores.Average(s => s.Naive.Bits), scores.Average(s => s.Healed.Bits), scores.Average(s => s.Exact.Bits));

    /// <summary>How many in a hundred the three readings complete.</summary>
    /// <param name="scores">At least one.</param>
    public static (double Naive, double Healed, double Exact) Completed(IReadOnlyList<CutScores> scores)
    {
        return (Share(s => s.Naive), Share(s => s.Healed), Share(s => s.Exact));
        double Share(Func<CutScores, CutScore> reading) => 100.0 * scores.Count(s => reading(s).Completed) / scores.Count;
    }
}

/// <summary>Cuts texts into prompts and scores what a model says at the cut.</summary>
public static class PromptCuts
{
    /// <summary>Cuts of one kind at random places.</summary>
    /// <param name="tokenizer">With pieces whose boundaries depend on the past alone.</param>
    /// <param name="text">Where the prompts come from.</param>
    /// <param name="kind">Where they end.</param>
    /// <param name="count">How many; fewer if the text has fewer such places.</param>
    /// <param name="pieces">Whole pieces in a prompt before the one that is cut.</param>
    /// <param name="seed">Of the places.</param>
    public static IReadOnlyList<PromptCut> Find(Bpe tokenizer, byte[] text, CutKind kind, int count, int pieces, long seed)
    {
        var ends = ExactByteProbabilities.Pieces.Borders(tokenizer.PreTokenizer, text);
        var places = new List<(int Piece, int Cut)>();
        for (var piece = pieces + 1; piece + 2 < ends.Count; piece++)
            foreach (var cut in Places(tokenizer, text.AsSpan(ends[piece], ends[piece + 1] - ends[piece]), kind)) places.Add((piece, ends[piece] + cut));

        var chosen = places.ToArray();
        new CounterRandom(seed, 0).Shuffle<(int, int)>(chosen);
        return [.. chosen.Take(count).Select(place =>
        {
            var first = ends[place.Piece - pieces];
            var before = ends[place.Piece - pieces - 1];
            var end = place.Cut < ends[place.Piece + 1] ? ends[place.Piece + 1] : ends[place.Piece + 2];
            return new PromptCut(tokenizer.Encode(text.AsSpan(before, first - before)), text[first..place.Cut], text[place.Cut..end]);
        })];
    }

    /// <summary>What the three readings say at a cut.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="cut">Of the model's tokenizer.</param>
    public static CutScores Score(INextTokenModel model, PromptCut cut)
    {
        var (context, prompt, length) = (cut.Context, cut.Prompt, cut.Rest.Length);
        var view = ByteView.Behind(model, prompt, context);
        return new(
            Naive(model, cut),
            Of(cut, TokenHealing.Law(model, prompt, context), TokenHealing.Complete(model, prompt, length, context)),
            Of(cut, view.Law(), ByteText.Sample(view, length, new SamplingOptions { Temperature = 0 })));
    }

    /// <summary>What the naive reading says at a cut; of a model whose tokens are bytes it is the only one.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="cut">Its context is of the model's tokenizer.</param>
    public static CutScore Naive(INextTokenModel model, PromptCut cut) =>
        Of(cut, NaiveBytes.Law(model, cut.Prompt, cut.Context), NaiveBytes.Complete(model, cut.Prompt, cut.Rest.Length, cut.Context));

    private static CutScore Of(PromptCut cut, double[] law, byte[] continuation) =>
        new(-Math.Log2(law[cut.Rest[0]]), continuation.AsSpan().SequenceEqual(cut.Rest));

    private static List<int> Places(Bpe tokenizer, ReadOnlySpan<byte> piece, CutKind kind)
    {
        if (kind == CutKind.Anywhere) return [.. Enumerable.Range(1, piece.Length)];
        if (kind == CutKind.PieceEnd) return [piece.Length];
        var ends = new List<int>();
        foreach (var token in tokenizer.Encode(piece)) ends.Add(ends.LastOrDefault() + tokenizer.Vocabulary[token].Length);
        return [.. Enumerable.Range(1, piece.Length - 1).Where(i => ends.Contains(i) == (kind == CutKind.TokenEnd))];
    }
}
