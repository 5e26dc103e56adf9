using System.Security.Cryptography;
using System.Text;

namespace Lab.Text;

/// <summary>
/// Byte-level byte pair encoding: a text is cut into pieces, a piece into bytes, and neighbouring tokens merge in the
/// order in which the merges were learned. Every byte string has an encoding, and decoding gives it back.
/// </summary>
/// <remarks>Source: Radford et al. 2019, section 2.2. Safe for use by several threads at once.</remarks>
public sealed class Bpe
{
    private readonly BpeMerger merger;
    private PieceCache? spareCache;

    /// <param name="vocabulary">What ids stand for.</param>
    /// <param name="merges">In the order in which they apply.</param>
    /// <param name="preTokenizer">Cuts texts into pieces.</param>
    /// <exception cref="ArgumentException">A merge of tokens that the vocabulary lacks, whose bytes are not those of its token, or that occurs twice.</exception>
    public Bpe(Vocabulary vocabulary, IReadOnlyList<Merge> merges, PreTokenizer preTokenizer)
    {
        (Vocabulary, Merges, PreTokenizer) = (vocabulary, merges, preTokenizer);
        for (var rank = 0; rank < merges.Count; rank++) Check(rank, merges[rank]);
        Ranks = new MergeRanks(merges);
        merger = new BpeMerger(Ranks, vocabulary.ByteIds.ToArray());
    }

    /// <summary>What ids stand for.</summary>
    public Vocabulary Vocabulary { get; }

    /// <summary>In the order in which they apply.</summary>
    public IReadOnlyList<Merge> Merges { get; }

    /// <summary>Cuts texts into pieces.</summary>
    public PreTokenizer PreTokenizer { get; }

    internal MergeRanks Ranks { get; }

    /// <summary>Learns a tokenizer: ids 0 .. 255 are the bytes, then come the merges in order, then the special tokens.</summary>
    /// <param name="corpus">Pieces and how often they occur.</param>
    /// <param name="vocabularySize">Tokens in all; fewer come out when no pair occurs twice any more. An empty corpus gives the bytes alone.</param>
    /// <param name="specialTokens">Names of tokens that no text gives.</param>
    /// <param name="cancellation">Stops between two merges.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size too small for the bytes and the special tokens.</exception>
    public static Bpe Train(PieceCounts corpus, int vocabularySize, IReadOnlyList<string>? specialTokens = null, CancellationToken cancellation = default)
    {
        specialTokens ??= [];
        var smallest = 256 + specialTokens.Count;
        if (vocabularySize < smallest)
            throw new ArgumentOutOfRangeException(nameof(vocabularySize), vocabularySize, $"The vocabulary size must be at least {smallest}: 256 bytes and {specialTokens.Count} special tokens.");

        var merges = new BpeTrainer(corpus.Counts).Learn(vocabularySize - smallest, cancellation);
        return OfMerges(merges.Select(merge => (merge.Left, merge.Right)), corpus.PreTokenizer, specialTokens);
    }

    /// <summary>Learns a tokenizer of a single text, without special tokens.</summary>
    /// <param name="text">Usually UTF-8.</param>
    /// <param name="preTokenizer">Cuts it into pieces.</param>
    /// <param name="vocabularySize">Tokens in all; fewer come out when no pair occurs twice any more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size too small for the bytes.</exception>
    public static Bpe Train(ReadOnlySpan<byte> text, PreTokenizer preTokenizer, int vocabularySize)
    {
        var pieces = new PieceCounts(preTokenizer);
        pieces.Add(text);
        return Train(pieces, vocabularySize);
    }

    /// <summary>A tokenizer whose ids 0 .. 255 are the bytes, followed by the tokens of merges and by special tokens.</summary>
    /// <param name="merges">Pairs of ids, in order; the first makes token 256. None: a tokenizer of bytes.</param>
    /// <param name="preTokenizer">Cuts texts into pieces.</param>
    /// <param name="specialTokens">Names of tokens that no text gives.</param>
    /// <exception cref="ArgumentException">A merge of tokens that come later or not at all.</exception>
    public static Bpe OfMerges(IEnumerable<(int Left, int Right)> merges, PreTokenizer preTokenizer, IReadOnlyList<string>? specialTokens = null)
    {
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToList();
        var numbered = new List<Merge>();
        foreach (var (left, right) in merges)
        {
            if ((uint)left >= tokens.Count || (uint)right >= tokens.Count)
                throw new ArgumentException($"Merge {numbered.Count} joins tokens {left} and {right}, but only {tokens.Count} precede it.", nameof(merges));
            numbered.Add(new(left, right, tokens.Count));
            tokens.Add([.. tokens[left], .. tokens[right]]);
        }

        var special = (specialTokens ?? []).Select((name, i) => (name, Id: tokens.Count + i)).ToDictionary(s => s.name, s => s.Id);
        return new(new Vocabulary([.. tokens, .. special.Keys.Select(Encoding.UTF8.GetBytes)], special), numbered, preTokenizer);
    }

    /// <summary>The tokens of a text. Names of special tokens in it are text like any other.</summary>
    /// <exception cref="ArgumentException">A lone surrogate; names its place.</exception>
    public int[] Encode(string text) => Encode(ByteStrings.Utf8(text));

    /// <summary>The tokens of a byte string, usually UTF-8.</summary>
    public int[] Encode(ReadOnlySpan<byte> text)
    {
        var tokens = new TokenBuffer(text.Length / 3 + 8);
        Append(text, ref tokens);
        return tokens.Tokens.ToArray();
    }

    /// <summary>The tokens of a text in which the names of special tokens stand for those tokens.</summary>
    /// <exception cref="ArgumentException">A lone surrogate; names its place.</exception>
    public int[] EncodeWithSpecialTokens(string text)
    {
        ReadOnlySpan<byte> rest = ByteStrings.Utf8(text);
        var tokens = new TokenBuffer(rest.Length / 3 + 8);
        var finder = new SpecialTokenFinder(Vocabulary.SpecialTokens);
        for (var position = 0; position < rest.Length;)
        {
            var (start, length, id) = finder.Next(rest, position);
            Append(rest[position..start], ref tokens);
            if (length > 0) tokens.Append(id);
            position = start + length;
        }
        return tokens.Tokens.ToArray();
    }

    /// <summary>The bytes that tokens stand for, special tokens by their names.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has such an id; names it.</exception>
    public byte[] Decode(ReadOnlySpan<int> tokens)
    {
        var length = 0;
        foreach (var token in tokens) length = checked(length + Vocabulary[token].Length);
        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        foreach (var token in tokens)
        {
            Vocabulary[token].CopyTo(rest);
            rest = rest[Vocabulary[token].Length..];
        }
        return bytes;
    }

    /// <summary>The text that tokens stand for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has such an id; names it.</exception>
    /// <exception cref="ArgumentException">The tokens are no text: they start or end inside a character, or are no UTF-8 at all. <see cref="Decode"/> gives their bytes.</exception>
    public string DecodeText(ReadOnlySpan<int> tokens)
    {
        var bytes = Decode(tokens);
        var valid = ByteStrings.ValidUtf8(bytes);
        return valid == bytes.Length
            ? Encoding.UTF8.GetString(bytes)
            : throw new ArgumentException($"The tokens are no UTF-8 text: after {valid} bytes comes {ByteStrings.Show(bytes.AsSpan(valid, Math.Min(4, bytes.Length - valid)))}. {nameof(Decode)} gives the bytes.", nameof(tokens));
    }

    /// <summary>SHA-256 of all that decides an encoding, in hexadecimal digits: equal hashes, equal tokens.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{PreTokenizer.Pattern}\n{Vocabulary.Size}\n"));
        for (var id = 0; id < Vocabulary.Size; id++)
            hash.AppendData(Encoding.UTF8.GetBytes(Vocabulary.Contains(id) ? $"{Convert.ToHexString(Vocabulary[id])}\n" : "\n"));
        foreach (var merge in Merges) hash.AppendData(Encoding.UTF8.GetBytes($"{merge.Left} {merge.Right}\n"));
        foreach (var id in Vocabulary.SpecialTokens.Values.Order()) hash.AppendData(Encoding.UTF8.GetBytes($"{id}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Append(ReadOnlySpan<byte> text, ref TokenBuffer tokens)
    {
        // Callers at the same time have a cache each; one is kept for the next call.
        var cache = Interlocked.Exchange(ref spareCache, null) ?? new PieceCache();
        for (var (start, end) = (0, 0); start < text.Length; start = end)
        {
            end = PreTokenizer.Next(text, start);
            if (end - start <= PieceCache.LongestPiece) cache.Append(text, start, end, merger, ref tokens);
            else merger.Append(text[start..end], ref tokens);
        }
        spareCache = cache;
    }

    private void Check(int rank, Merge merge)
    {
        foreach (var id in new[] { merge.Left, merge.Right, merge.Token })
            if (!Vocabulary.Contains(id)) throw new ArgumentException($"Merge {rank} is of tokens {merge.Left} and {merge.Right} to {merge.Token}, but no token has the id {id}.", "merges");
        byte[] joined = [.. Vocabulary[merge.Left], .. Vocabulary[merge.Right]];
        if (!Vocabulary[merge.Token].SequenceEqual(joined))
            throw new ArgumentException($"Merge {rank} joins to {ByteStrings.Show(joined)}, but its token {merge.Token} is {ByteStrings.Show(Vocabulary[merge.Token])}.", "merges");
    }
}
