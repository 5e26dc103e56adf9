using Lab.Text;

namespace Lab.Transplant;

/// <summary>
/// Which tokens of a donor's vocabulary a base model knows. Tokens are the same if their bytes are; special tokens, if
/// their names are.
/// </summary>
/// <remarks>Source: Goddard and Fernandes Neto 2025 (arXiv 2506.06607). Byte-level tokens carry their space with them, so no word-start marker needs to be normalised.</remarks>
public sealed class VocabularyMatch
{
    private readonly int[] baseIds;

    /// <param name="donor">Whose tokens are wanted.</param>
    /// <param name="base">Of the model that shall use them.</param>
    public VocabularyMatch(Bpe donor, Bpe @base)
    {
        (Donor, Base) = (donor, @base);
        baseIds = [.. Enumerable.Range(0, donor.Vocabulary.Size).Select(BaseIdOf)];
        Shared = [.. Enumerable.Range(0, baseIds.Length).Where(id => baseIds[id] >= 0)];
        New = [.. Enumerable.Range(0, baseIds.Length).Where(id => baseIds[id] < 0 && donor.Vocabulary.Contains(id))];
    }

    /// <summary>Whose tokens are wanted.</summary>
    public Bpe Donor { get; }

    /// <summary>Of the model that shall use them.</summary>
    public Bpe Base { get; }

    /// <summary>Donor ids of the tokens that both know, in ascending order.</summary>
    public IReadOnlyList<int> Shared { get; }

    /// <summary>Donor ids of the tokens that the base lacks, in ascending order. Ids that stand for nothing are in neither list.</summary>
    public IReadOnlyList<int> New { get; }

    /// <summary>The base's ids of tokens that both know.</summary>
    /// <param name="donorIds">Of <see cref="Shared"/>.</param>
    /// <exception cref="ArgumentException">A token that the base lacks.</exception>
    public int[] BaseIds(IEnumerable<int> donorIds) =>
        [.. donorIds.Select(id => baseIds[id] >= 0 ? baseIds[id] : throw new ArgumentException($"The base lacks the donor's token {id}.", nameof(donorIds)))];

    private int BaseIdOf(int donorId)
    {
        if (!Donor.Vocabulary.Contains(donorId)) return -1;
        foreach (var (name, id) in Donor.Vocabulary.SpecialTokens)
            if (id == donorId) return Base.Vocabulary.SpecialTokens.TryGetValue(name, out var special) ? special : -1;
        return Base.Vocabulary.TryFind(Donor.Vocabulary[donorId], out var found) ? found : -1;
    }
}
