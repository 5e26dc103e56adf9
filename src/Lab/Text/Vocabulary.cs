using System.Text;

namespace Lab.Text;

/// <summary>The byte strings that ids stand for. All 256 single bytes are among them, so that no text is unknown.</summary>
public sealed class Vocabulary
{
    private readonly byte[]?[] tokens; // null: an id that stands for nothing
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> ids;
    private readonly int[] byteIds = new int[256];
    private readonly Lazy<TokensByPrefix> byPrefix;

    /// <param name="tokens">Bytes by id; null for ids that are not used. Special tokens have the bytes of their names.</param>
    /// <param name="specialTokens">Names and ids of the tokens that no text gives.</param>
    /// <exception cref="ArgumentException">A single byte is no token, a token is empty or occurs twice, or a special token's id is not its own.</exception>
    public Vocabulary(IReadOnlyList<byte[]?> tokens, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        this.tokens = [.. tokens];
        SpecialTokens = specialTokens ?? new Dictionary<string, int>();
        CheckSpecialTokens();
        byPrefix = new(() => new TokensByPrefix(this));

        var special = SpecialTokens.Values.ToHashSet();
        var byBytes = new Dictionary<byte[], int>(ByteStrings.Comparer);
        for (var id = 0; id < tokens.Count; id++)
        {
            if (tokens[id] is not { } token || special.Contains(id)) continue;
            if (token.Length == 0) throw new ArgumentException($"Token {id} is empty.", nameof(tokens));
            if (!byBytes.TryAdd(token, id)) throw new ArgumentException($"Tokens {byBytes[token]} and {id} are the same: {ByteStrings.Show(token)}.", nameof(tokens));
        }

        ids = byBytes.GetAlternateLookup<ReadOnlySpan<byte>>();
        var missing = Enumerable.Range(0, 256).Where(value => !ids.TryGetValue([(byte)value], out byteIds[value])).ToArray();
        if (missing.Length > 0)
            throw new ArgumentException($"A byte-level vocabulary holds all 256 single bytes, but {missing.Length} are missing, the first is 0x{missing[0]:X2}.", nameof(tokens));
    }

    /// <summary>The highest id plus 1: the rows that an embedding needs.</summary>
    public int Size => tokens.Length;

    /// <summary>Ids by name.</summary>
    public IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>The ids of the single bytes, by byte.</summary>
    internal ReadOnlySpan<int> ByteIds => byteIds;

    /// <summary>Whether the id stands for a token.</summary>
    public bool Contains(int id) => (uint)id < (uint)tokens.Length && tokens[id] is not null;

    /// <summary>What an id stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id; names it.</exception>
    public ReadOnlySpan<byte> this[int id] => Contains(id)
        ? tokens[id]
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"No token has the id {id}; the vocabulary's ids lie in 0 .. {Size - 1}.");

    /// <summary>A token for the eye: a space as ·, a line feed as ↵, and hexadecimal digits for what is no text by itself.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No token has this id; names it.</exception>
    public string Spell(int id) => ByteStrings.ValidUtf8(this[id]) == this[id].Length
        ? Encoding.UTF8.GetString(this[id]).Replace(' ', '·').Replace('\n', '↵')
        : Convert.ToHexString(this[id]);

    /// <summary>The token that is exactly these bytes; special tokens are not looked at.</summary>
    public bool TryFind(ReadOnlySpan<byte> bytes, out int id) => ids.TryGetValue(bytes, out id);

    /// <summary>The tokens that start with these bytes, in the order of their bytes; all for no bytes. Special tokens are not among them.</summary>
    public ReadOnlySpan<int> StartingWith(ReadOnlySpan<byte> prefix) => byPrefix.Value.Find(prefix);

    private void CheckSpecialTokens()
    {
        foreach (var (name, id) in SpecialTokens)
            if (name.Length == 0 || !Contains(id) || !tokens[id].AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(name)))
                throw new ArgumentException($"The special token '{name}' has the id {id}, but that does not stand for its name.", "specialTokens");
    }
}
