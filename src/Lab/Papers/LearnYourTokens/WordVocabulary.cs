using Lab.Text;

namespace Lab.Papers.LearnYourTokens;

/// <summary>The most frequent words of a text as tokens, all others as one: what a model of whole words knows.</summary>
public sealed class WordVocabulary
{
    /// <summary>Stands for every word that is not in the vocabulary. A model cannot spell it, so it never predicts it: what counts is the most likely known word.</summary>
    public const int Unknown = 0;

    private readonly Dictionary<byte[], int> ids;

    /// <param name="words">Of the training text.</param>
    /// <param name="size">Words that are kept; ties go to the word that occurs first.</param>
    /// <exception cref="ArgumentException">A size below 1, or no words.</exception>
    public WordVocabulary(WordText words, int size)
    {
        if (size < 1 || words.Count == 0) throw new ArgumentException($"A vocabulary keeps at least one word of a text that has some, got a size of {size} and {words.Count} words.", nameof(size));
        var frequent = WordCounts.Of(words).ByFrequency.Take(size);
        ids = frequent.Select((word, i) => (word, i)).ToDictionary(entry => entry.word, entry => entry.i + 1, ByteStrings.Comparer);
    }

    /// <summary>Tokens, the unknown one included.</summary>
    public int Size => ids.Count + 1;

    /// <summary>Whether a word has a token of its own.</summary>
    /// <param name="word">Its bytes.</param>
    public bool Knows(ReadOnlySpan<byte> word) => ids.GetAlternateLookup<ReadOnlySpan<byte>>().ContainsKey(word);

    /// <summary>The tokens of words.</summary>
    public int[] Encode(WordText words)
    {
        var known = ids.GetAlternateLookup<ReadOnlySpan<byte>>();
        var tokens = new int[words.Count];
        for (var i = 0; i < words.Count; i++) tokens[i] = known.TryGetValue(words[i], out var id) ? id : Unknown;
        return tokens;
    }
}
