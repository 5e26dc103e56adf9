using Lab.Transplant;

namespace Lab.Papers.OmpTransplantation;

/// <summary>How a donor cuts numbers, and what that asks of a transplantation.</summary>
/// <param name="DonorDigits">Most digits in a token.</param>
/// <param name="Example">A sum as the donor's tokens.</param>
/// <param name="NewNumbers">Tokens of digits alone that the base lacks.</param>
/// <param name="BytesPerToken">On sums.</param>
/// <param name="NewShare">Share of the tokens of sums that the base lacks.</param>
public sealed record NumberScheme(int DonorDigits, string Example, int NewNumbers, double BytesPerToken, double NewShare)
{
    /// <summary>Analyses a donor's vocabulary; no model is needed.</summary>
    /// <param name="experiment">Sizes of the vocabularies, and the base's own cut.</param>
    /// <param name="corpus">Which the tokenizers are made for.</param>
    /// <param name="donorDigits">Most digits in a token, 1 to 3.</param>
    public static NumberScheme Of(OmpExperiment experiment, OmpCorpus corpus, int donorDigits)
    {
        var donor = corpus.Tokenizer(experiment.Donor.Vocabulary, donorDigits, knowsAll: true);
        var match = new VocabularyMatch(donor, corpus.Tokenizer(experiment.Base.Vocabulary, experiment.BaseDigits, knowsAll: false));
        var added = match.New.ToHashSet();
        var sums = donor.Encode(corpus.Texts.Single(text => text.Name == OmpCorpus.Sums).Test);
        return new(
            donorDigits, string.Join('|', donor.Encode(corpus.Sample(OmpCorpus.Sums, sentences: 1)).Select(donor.Vocabulary.Spell)),
            added.Count(id => donor.Vocabulary[id].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0),
            donor.Decode(sums).Length / (double)sums.Length, sums.Count(added.Contains) / (double)sums.Length);
    }
}
