using Lab.Text;

namespace Lab.Transplant;

/// <summary>
/// Which tokens a model ever met. A byte-level vocabulary holds bytes and halves of merges that no text of the corpus
/// gives; their rows are as random as on the first day.
/// </summary>
public static class TrainedTokens
{
    /// <summary>Ids that occur in a training text, in ascending order.</summary>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="trainingText">UTF-8.</param>
    public static IReadOnlyList<int> Of(Bpe tokenizer, ReadOnlySpan<byte> trainingText) => [.. tokenizer.Encode(trainingText).Distinct().Order()];

    /// <summary>Donor ids of the shared tokens that both models met: the anchors to trust.</summary>
    /// <param name="vocabularies">Of both.</param>
    /// <param name="donor">Ids that the donor met.</param>
    /// <param name="base">Ids that the base met.</param>
    public static IReadOnlyList<int> Anchors(VocabularyMatch vocabularies, IEnumerable<int> donor, IEnumerable<int> @base)
    {
        var (ofDonor, ofBase) = (donor.ToHashSet(), @base.ToHashSet());
        var special = vocabularies.Donor.Vocabulary.SpecialTokens.Values.ToHashSet(); // they play a role, they carry no meaning
        return [.. vocabularies.Shared.Where(id => ofDonor.Contains(id) && !special.Contains(id) && ofBase.Contains(vocabularies.BaseIds([id])[0]))];
    }
}
