using System.Text;
using System.Text.Json;
using Lab.Data;

namespace Lab.Text;

/// <summary>A vocabulary as JSON files hold it: tokens spelled in printable characters, special tokens as they are.</summary>
internal sealed class SpelledVocabulary
{
    private readonly string path;
    private readonly Dictionary<string, int> ids;
    private readonly Vocabulary vocabulary;

    /// <param name="path">Of the file, for messages.</param>
    /// <param name="ids">Ids by spelling.</param>
    /// <param name="specialTokens">Spellings that are names.</param>
    /// <exception cref="DataFormatException">No byte-level vocabulary.</exception>
    public SpelledVocabulary(string path, Dictionary<string, int> ids, IReadOnlyList<string> specialTokens)
    {
        (this.path, this.ids) = (path, ids);
        if (specialTokens.FirstOrDefault(name => !ids.ContainsKey(name)) is { } unknown)
            throw new DataFormatException(path, $"there is no special token '{unknown}' in the vocabulary");

        var tokens = new byte[]?[ids.Count == 0 ? 0 : ids.Values.Max() + 1];
        foreach (var (spelled, id) in ids)
        {
            if (tokens[id] is not null) throw new DataFormatException(path, $"two tokens have the id {id}, one is '{spelled}'");
            tokens[id] = specialTokens.Contains(spelled) ? Encoding.UTF8.GetBytes(spelled) : ByteSpelling.Read(spelled)
                ?? throw new DataFormatException(path, $"'{spelled}' is no byte-level token: a character in it stands for no byte. If it is a special token, name it as one");
        }
        vocabulary = Rethrown(path, () => new Vocabulary(tokens, specialTokens.ToDictionary(name => name, name => ids[name])));
    }

    /// <summary>Spellings and ids of a vocabulary, in the order of the ids.</summary>
    public static Dictionary<string, int> Of(Bpe tokenizer)
    {
        var names = tokenizer.Vocabulary.SpecialTokens.ToDictionary(token => token.Value, token => token.Key);
        var result = new Dictionary<string, int>();
        for (var id = 0; id < tokenizer.Vocabulary.Size; id++)
            if (tokenizer.Vocabulary.Contains(id)) result.Add(names.GetValueOrDefault(id) ?? ByteSpelling.Spell(tokenizer.Vocabulary[id]), id);
        return result;
    }

    public static (string Left, string Right) Spell(Bpe tokenizer, Merge merge) =>
        (ByteSpelling.Spell(tokenizer.Vocabulary[merge.Left]), ByteSpelling.Spell(tokenizer.Vocabulary[merge.Right]));

    /// <summary>Ids by spelling from a JSON object.</summary>
    /// <exception cref="DataFormatException">Not an object of ids, or a token twice.</exception>
    public static Dictionary<string, int> Ids(string path, JsonElement vocabulary)
    {
        const int largest = 1 << 24;
        if (vocabulary.ValueKind != JsonValueKind.Object) throw new DataFormatException(path, "a vocabulary is an object that maps tokens to ids");
        var ids = new Dictionary<string, int>();
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= largest)
                throw new DataFormatException(path, $"the token '{entry.Name}' has the id {entry.Value.GetRawText()}; an id is a whole number in 0 .. {largest - 1}");
            if (!ids.TryAdd(entry.Name, id)) throw new DataFormatException(path, $"the token '{entry.Name}' occurs twice");
        }
        return ids;
    }

    /// <summary>A merge of two spelled tokens.</summary>
    /// <exception cref="DataFormatException">Not two tokens of the vocabulary that join to a third.</exception>
    public Merge Merge(string mergesPath, string place, IReadOnlyList<string> pair)
    {
        if (pair.Count != 2) throw new DataFormatException(mergesPath, $"{place}: a merge is two tokens with one space between them, got '{string.Join(' ', pair)}'");
        return new(Id(pair[0]), Id(pair[1]), Id(pair[0] + pair[1]));

        int Id(string spelled) => ids.TryGetValue(spelled, out var id)
            ? id
            : throw new DataFormatException(mergesPath, $"{place}: the merge '{string.Join(' ', pair)}' needs the token '{spelled}', which the vocabulary {(path == mergesPath ? "" : $"in {path} ")}lacks");
    }

    public Bpe Tokenizer(string mergesPath, IReadOnlyList<Merge> merges, PreTokenizer preTokenizer) =>
        Rethrown(mergesPath, () => new Bpe(vocabulary, merges, preTokenizer));

    private static T Rethrown<T>(string path, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException invalid)
        {
            throw new DataFormatException(path, invalid.Message, invalid);
        }
    }
}
