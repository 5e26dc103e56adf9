using System.Text;
using Lab.Text;
using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Tests.Transplant;

/// <summary>Small vocabularies and random tables for tests of transplantation.</summary>
internal static class Small
{
    public const int BaseWidth = 12, DonorWidth = 8;

    /// <summary>"ab" and "cd" and "abcd" and "ef".</summary>
    public static Bpe Donor { get; } = Bpe.OfMerges([('a', 'b'), ('c', 'd'), (256, 257), ('e', 'f')], PreTokenizer.Gpt2);

    /// <summary>"cd" and "gh": of the donor's tokens it lacks "ab", "abcd" and "ef".</summary>
    public static Bpe Base { get; } = Bpe.OfMerges([('c', 'd'), ('g', 'h')], PreTokenizer.Gpt2);

    public static VocabularyMatch Match { get; } = new(Donor, Base);

    public static TransplantProblem Problem(EmbeddingSide side = EmbeddingSide.Input, Tensor? baseRows = null, Tensor? donorRows = null, VocabularyMatch? match = null)
    {
        match ??= Match;
        using var generator = new Generator(side == EmbeddingSide.Input ? 3u : 4u);
        return new(
            baseRows ?? randn([match.Base.Vocabulary.Size, BaseWidth], generator: generator),
            donorRows ?? randn([match.Donor.Vocabulary.Size, DonorWidth], generator: generator), match, side);
    }

    /// <summary>A donor with many new tokens: all pairs of the first bytes.</summary>
    public static Bpe Pairs(int count) => Bpe.OfMerges(Enumerable.Range(0, count).Select(i => (i / 64, i % 64)), PreTokenizer.Gpt2);

    public static Bpe Bytes { get; } = Bpe.OfMerges([], PreTokenizer.Gpt2);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
