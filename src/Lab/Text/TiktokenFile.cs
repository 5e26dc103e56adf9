using System.Globalization;
using System.Text;
using Lab.Data;

namespace Lab.Text;

/// <summary>
/// Files of tiktoken: a line is a token in base64 and its rank, which is its id. Merges are not in the file; each
/// token's merge is the pair that it falls into when only lower ranks merge.
/// </summary>
/// <remarks>Source: github.com/openai/tiktoken, tiktoken/load.py and src/lib.rs.</remarks>
public static class TiktokenFile
{
    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">E.g. of <c>cl100k_base.tiktoken</c>.</param>
    /// <param name="preTokenizer">The file does not say it.</param>
    /// <param name="specialTokens">Names and ids, which the file does not hold either.</param>
    /// <exception cref="DataFormatException">The file is not what it should be; names it, the line and the cause.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Bpe Load(string path, PreTokenizer preTokenizer, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        var tokens = new List<byte[]?>();
        foreach (var (line, number) in File.ReadLines(path).Select((line, i) => (line, i + 1)))
            if (line.Length > 0) Place(tokens, Rank(path, line, number, out var token), token, path, number);
        foreach (var (name, id) in specialTokens ?? new Dictionary<string, int>())
            Place(tokens, id, Encoding.UTF8.GetBytes(name), path, null);

        try
        {
            var vocabulary = new Vocabulary(tokens, specialTokens);
            return new Bpe(vocabulary, ImpliedMerges.Of(vocabulary), preTokenizer);
        }
        catch (ArgumentException invalid)
        {
            throw new DataFormatException(path, invalid.Message, invalid);
        }
    }

    /// <summary>Writes the ranks of a tokenizer; special tokens have no place in the file. It appears whole or not at all.</summary>
    /// <exception cref="ArgumentException">Merges that do not follow from the order of the ids, which is all that the file holds.</exception>
    public static void Save(Bpe tokenizer, string path)
    {
        var implied = ImpliedMerges.Of(tokenizer.Vocabulary);
        if (!implied.SequenceEqual(tokenizer.Merges))
            throw new ArgumentException($"A tiktoken file holds ids alone, and the merges of this tokenizer do not follow from them: {tokenizer.Merges.Count} merges, of which the ids imply {implied.Intersect(tokenizer.Merges).Count()}.", nameof(tokenizer));

        var special = tokenizer.Vocabulary.SpecialTokens.Values.ToHashSet();
        var text = new StringBuilder();
        for (var id = 0; id < tokenizer.Vocabulary.Size; id++)
            if (tokenizer.Vocabulary.Contains(id) && !special.Contains(id))
                text.Append(CultureInfo.InvariantCulture, $"{Convert.ToBase64String(tokenizer.Vocabulary[id])} {id}\n");
        WholeFile.Write(path, Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static int Rank(string path, string line, int number, out byte[] token)
    {
        const int largest = 1 << 24;
        var parts = line.Split(' ');
        var buffer = new byte[parts[0].Length];
        if (parts.Length != 2 || !Convert.TryFromBase64String(parts[0], buffer, out var length)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rank) || rank >= largest)
            throw new DataFormatException(path, $"line {number} is no token in base64, a space, and a rank in 0 .. {largest - 1}: '{line}'");
        token = buffer[..length];
        return rank;
    }

    private static void Place(List<byte[]?> tokens, int id, byte[] token, string path, int? line)
    {
        while (tokens.Count <= id) tokens.Add(null);
        if (tokens[id] is not null) throw new DataFormatException(path, $"{(line is null ? "a special token" : $"line {line}")} has the rank {id}, which another token has");
        tokens[id] = token;
    }
}

/// <summary>The merges of a vocabulary that tells nothing but the order of its tokens.</summary>
internal static class ImpliedMerges
{
    /// <returns>A merge per token of two bytes or more, in the order of the ids; tokens that no two lower ones form have none.</returns>
    public static IReadOnlyList<Merge> Of(Vocabulary vocabulary)
    {
        var special = vocabulary.SpecialTokens.Values.ToHashSet();
        var merges = new List<Merge>();
        for (var id = 0; id < vocabulary.Size; id++)
        {
            if (!vocabulary.Contains(id) || special.Contains(id) || vocabulary[id].Length < 2) continue;
            if (Parts(vocabulary, id) is [var left, var right]) merges.Add(new(left, right, id));
        }
        return merges;
    }

    // The token's bytes, merged by rank as far as lower ranks go.
    private static List<int> Parts(Vocabulary vocabulary, int id)
    {
        var bytes = vocabulary[id];
        List<int> ends = [.. Enumerable.Range(0, bytes.Length + 1)]; // parts lie between neighbours
        while (ends.Count > 2)
        {
            var (best, at) = (id, -1);
            for (var i = 0; i + 2 < ends.Count; i++)
                if (vocabulary.TryFind(bytes[ends[i]..ends[i + 2]], out var pair) && pair < best) (best, at) = (pair, i);
            if (at < 0) break;
            ends.RemoveAt(at + 1);
        }

        var parts = new List<int>();
        for (var i = 0; i + 1 < ends.Count; i++)
            parts.Add(vocabulary.TryFind(bytes[ends[i]..ends[i + 1]], out var part) ? part : throw new InvalidOperationException("A part is a single byte or was found before."));
        return parts;
    }
}
