using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// Which token may follow which. A sequence of tokens is the encoding of its bytes exactly if each two neighbours are the
/// encoding of theirs, so that this is all there is to know.
/// </summary>
/// <remarks>A special token ends whatever stands before it: behind it everything may come that is its own encoding.</remarks>
internal sealed class ValidPairs
{
    private static readonly ConditionalWeakTable<Bpe, ValidPairs> known = [];

    private readonly Bpe tokenizer;
    private readonly HashSet<int> special;
    private readonly bool[] alone; // tokens that are their own encoding
    private readonly ConcurrentDictionary<int, bool[]> followers = [];

    private ValidPairs(Bpe tokenizer)
    {
        if (!tokenizer.PreTokenizer.IsCausal)
            throw new InvalidOperationException(
                $"Exact byte probabilities need pieces whose boundaries depend on the past alone, but those of '{tokenizer.PreTokenizer}' depend on what follows. Use {nameof(PreTokenizer)}.{nameof(PreTokenizer.SpacePrefix)}.");
        this.tokenizer = tokenizer;
        special = [.. tokenizer.Vocabulary.SpecialTokens.Values];
        alone = [.. Enumerable.Range(0, tokenizer.Vocabulary.Size).Select(id =>
            tokenizer.Vocabulary.Contains(id) && !special.Contains(id) && tokenizer.Encode(tokenizer.Vocabulary[id]) is [var only] && only == id)];
    }

    /// <summary>Those of a tokenizer, which are found once.</summary>
    /// <exception cref="InvalidOperationException">Pieces of the tokenizer end where only later text tells.</exception>
    public static ValidPairs Of(Bpe tokenizer) => known.GetValue(tokenizer, bpe => new ValidPairs(bpe));

    /// <summary>By token: whether it may follow the last of <paramref name="tokens"/>, or stand first.</summary>
    public bool[] Following(ReadOnlySpan<int> tokens)
    {
        if (tokens.IsEmpty || special.Contains(tokens[^1])) return alone;
        return followers.GetOrAdd(tokens[^1], left => [.. Enumerable.Range(0, alone.Length).Select(right => alone[right] && IsEncoding(left, right))]);
    }

    private bool IsEncoding(int left, int right) =>
        tokenizer.Encode([.. tokenizer.Vocabulary[left], .. tokenizer.Vocabulary[right]]) is [var first, var second] && first == left && second == right;
}
