namespace Lab.Text;

/// <summary>Finds all tokens that start with given bytes; see <see cref="Vocabulary.StartingWith"/>.</summary>
internal sealed class TokensByPrefix
{
    private readonly Vocabulary vocabulary;
    private readonly int[] sorted; // by their bytes: those with a common start are neighbours

    public TokensByPrefix(Vocabulary vocabulary)
    {
        this.vocabulary = vocabulary;
        var special = vocabulary.SpecialTokens.Values.ToHashSet();
        sorted = [.. Enumerable.Range(0, vocabulary.Size).Where(id => vocabulary.Contains(id) && !special.Contains(id))];
        Array.Sort(sorted, (a, b) => vocabulary[a].SequenceCompareTo(vocabulary[b]));
    }

    public ReadOnlySpan<int> Find(ReadOnlySpan<byte> prefix)
    {
        var from = First(prefix, behind: false);
        return sorted.AsSpan(from, First(prefix, behind: true) - from);
    }

    // The first token that is not before the prefix, or not before and not among those that start with it.
    private int First(ReadOnlySpan<byte> prefix, bool behind)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var token = vocabulary[sorted[middle]];
            var order = token[..Math.Min(token.Length, prefix.Length)].SequenceCompareTo(prefix);
            if (order < 0 || order == 0 && behind) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
