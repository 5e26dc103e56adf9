using System.Text.Json;
using Lab.Data;

namespace Lab.Text;

/// <summary>
/// <c>tokenizer.json</c> of Hugging Face's tokenizers, where it describes a byte-level BPE: no normalizer, no unknown
/// token, and one of the pre-tokenizers that <see cref="PreTokenizer"/> knows.
/// </summary>
/// <remarks>Source: github.com/huggingface/tokenizers.</remarks>
public static class TokenizerJson
{
    /// <summary>Reads a tokenizer. Added tokens become special tokens.</summary>
    /// <exception cref="DataFormatException">The file is damaged, or describes something else than a byte-level BPE; names what.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static Bpe Load(string path) => JsonFile.Read(path, root =>
    {
        var model = Property(root, "model") is { ValueKind: JsonValueKind.Object } found && Text(found, "type") is null or "BPE"
            ? Property(root, "model")
            : throw new DataFormatException(path, "it has no model of the type BPE");
        Refuse(path, root, "normalizer");
        foreach (var property in new[] { "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "dropout", "byte_fallback", "ignore_merges" }) Refuse(path, model, property);
        var preTokenizer = ReadPreTokenizer(path, Property(root, "pre_tokenizer"));

        var ids = SpelledVocabulary.Ids(path, Property(model, "vocab"));
        var added = AddedTokens(path, root, ids);
        var vocabulary = new SpelledVocabulary(path, ids, added);
        if (Property(model, "merges") is not { ValueKind: JsonValueKind.Array } merges) throw new DataFormatException(path, "the model has no list of merges");
        return vocabulary.Tokenizer(path, [.. merges.EnumerateArray().Select((merge, i) => vocabulary.Merge(path, $"merge {i}", Pair(merge)))], preTokenizer);
    });

    /// <summary>Writes a tokenizer. The file appears whole or not at all.</summary>
    public static void Save(Bpe tokenizer, string path)
    {
        var special = tokenizer.Vocabulary.SpecialTokens;
        WholeFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(new
        {
            version = "1.0",
            truncation = (object?)null,
            padding = (object?)null,
            added_tokens = special.OrderBy(token => token.Value).Select(token => new { id = token.Value, content = token.Key, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = (object?)null,
            pre_tokenizer = Describe(tokenizer.PreTokenizer),
            post_processor = (object?)null,
            decoder = ByteLevel(useRegex: true),
            model = new
            {
                type = "BPE",
                dropout = (object?)null,
                unk_token = (object?)null,
                continuing_subword_prefix = (object?)null,
                end_of_word_suffix = (object?)null,
                fuse_unk = false,
                byte_fallback = false,
                ignore_merges = false,
                vocab = SpelledVocabulary.Of(tokenizer).Where(token => !special.ContainsKey(token.Key)).ToDictionary(),
                merges = tokenizer.Merges.Select(merge => SpelledVocabulary.Spell(tokenizer, merge)).Select(pair => $"{pair.Left} {pair.Right}"),
            },
        }, Gpt2Files.Json));
    }

    private static object Describe(PreTokenizer preTokenizer) => preTokenizer == PreTokenizer.Gpt2
        ? ByteLevel(useRegex: true)
        : new
        {
            type = "Sequence",
            pretokenizers = new[] { new { type = "Split", pattern = new { Regex = preTokenizer.Pattern }, behavior = "Isolated", invert = false }, ByteLevel(useRegex: false) },
        };

    private static object ByteLevel(bool useRegex) => new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = useRegex };

    private static PreTokenizer ReadPreTokenizer(string path, JsonElement described)
    {
        var known = Text(described, "type") switch
        {
            "ByteLevel" when Flag(described, "add_prefix_space") is false && Flag(described, "use_regex") is not false => PreTokenizer.Gpt2,
            "Sequence" when Property(described, "pretokenizers") is { ValueKind: JsonValueKind.Array } parts && parts.GetArrayLength() == 2
                && Text(parts[0], "type") == "Split" && Text(parts[0], "behavior") == "Isolated" && Flag(parts[0], "invert") is not true
                && Text(parts[1], "type") == "ByteLevel" && Flag(parts[1], "add_prefix_space") is false && Flag(parts[1], "use_regex") is false
                => PreTokenizer.All.FirstOrDefault(known => known.Pattern == Text(Property(parts[0], "pattern"), "Regex")),
            _ => null,
        };
        return known ?? throw new DataFormatException(path,
            $"the pre-tokenizer is not one of {string.Join(", ", PreTokenizer.All)}, but {(described.ValueKind == JsonValueKind.Undefined ? "missing" : described.GetRawText())}");
    }

    private static List<string> AddedTokens(string path, JsonElement root, Dictionary<string, int> ids)
    {
        var names = new List<string>();
        if (Property(root, "added_tokens") is not { ValueKind: JsonValueKind.Array } added) return names;
        foreach (var token in added.EnumerateArray())
        {
            if (Text(token, "content") is not { } name || Property(token, "id") is not { ValueKind: JsonValueKind.Number } number || !number.TryGetInt32(out var id) || id is < 0 or >= 1 << 24)
                throw new DataFormatException(path, $"an added token has a content and an id, got {token.GetRawText()}");
            if (!ids.TryAdd(name, id) && ids[name] != id) throw new DataFormatException(path, $"the added token '{name}' has the id {id}, but {ids[name]} in the vocabulary");
            names.Add(name);
        }
        return names;
    }

    // Null, false and empty mean that it is not used.
    private static void Refuse(string path, JsonElement parent, string name)
    {
        var value = Property(parent, name);
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null or JsonValueKind.False || value is { ValueKind: JsonValueKind.String } && value.GetString() == "") return;
        throw new DataFormatException(path, $"it uses {name} ({value.GetRawText()}), which a byte-level BPE here does not have");
    }

    private static string[] Pair(JsonElement merge) => merge.ValueKind switch
    {
        JsonValueKind.String => merge.GetString()!.Split(' '),
        JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.ToString())],
        _ => [merge.GetRawText()],
    };

    private static JsonElement Property(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement parent, string name) => Property(parent, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static bool? Flag(JsonElement parent, string name) => Property(parent, name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };
}
