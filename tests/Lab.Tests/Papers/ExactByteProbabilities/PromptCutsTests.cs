using System.Text;
using Lab.Data.Grammars;
using Lab.Papers.ExactByteProbabilities;
using Lab.Tests.Text;
using Lab.Text;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public sealed class PromptCutsTests
{
    private static readonly string text = new Grammar().Text(3, 15_000, language: 0);
    private static readonly Bpe bpe = Texts.Trained(text, 400, PreTokenizer.SpacePrefix);

    [Theory]
    [InlineData(CutKind.MidToken)]
    [InlineData(CutKind.TokenEnd)]
    [InlineData(CutKind.PieceEnd)]
    public void Cuts_lie_where_their_kind_says(CutKind kind)
    {
        var cuts = PromptCuts.Find(bpe, Encoding.UTF8.GetBytes(text), kind, 200, pieces: 3, seed: 1);
        Assert.Equal(200, cuts.Count);
        Assert.All(cuts, cut =>
        {
            Assert.Contains(Encoding.UTF8.GetString([.. bpe.Decode(cut.Context), .. cut.Prompt, .. cut.Rest]), text); // a stretch of the text
            int[] joined = bpe.Encode([.. cut.Prompt, .. cut.Rest]), prompt = bpe.Encode(cut.Prompt);
            var isTokenEnd = Enumerable.Range(0, joined.Length).Any(count => bpe.Decode(joined.AsSpan(0, count)).Length == cut.Prompt.Length);
            Assert.Equal(kind != CutKind.MidToken, isTokenEnd);
            if (isTokenEnd) Assert.Equal(prompt, joined.Take(prompt.Length));
            Assert.Equal(kind == CutKind.PieceEnd, cut.Rest[0] is (byte)' ' or (byte)'\n');
            Assert.DoesNotContain(cut.Rest[1..], value => value is (byte)' ' or (byte)'\n');
        });
        Assert.Equal(cuts.Select(cut => cut.Prompt), PromptCuts.Find(bpe, Encoding.UTF8.GetBytes(text), kind, 200, 3, seed: 1).Select(cut => cut.Prompt));
    }

    [Fact]
    public void Cuts_of_any_kind_are_among_those_anywhere()
    {
        var bytes = Encoding.UTF8.GetBytes(text[..3000]);
        int Count(CutKind kind) => PromptCuts.Find(bpe, bytes, kind, int.MaxValue, pieces: 3, seed: 1).Count;
        Assert.Equal(Count(CutKind.Anywhere), Count(CutKind.MidToken) + Count(CutKind.TokenEnd) + Count(CutKind.PieceEnd));
        Assert.InRange(Count(CutKind.Anywhere), 2900, 2999);
    }

    [Fact]
    public void Scores_are_those_of_the_laws_and_completions()
    {
        using var decoder = ToyLaws.Random(bpe.Vocabulary.Size);
        using var model = new DecoderTokens(decoder, bpe);
        foreach (var cut in PromptCuts.Find(bpe, Encoding.UTF8.GetBytes(text), CutKind.MidToken, 5, pieces: 2, seed: 2))
        {
            var scores = PromptCuts.Score(model, cut);
            ToyLaws.Near(-Math.Log2(ByteView.Behind(model, cut.Prompt, cut.Context).Law()[cut.Rest[0]]), scores.Exact.Bits, 1e-4);
            ToyLaws.Near(-Math.Log2(NaiveBytes.Law(model, cut.Prompt, cut.Context)[cut.Rest[0]]), scores.Naive.Bits, 1e-4);
            ToyLaws.Near(-Math.Log2(TokenHealing.Law(model, cut.Prompt, cut.Context)[cut.Rest[0]]), scores.Healed.Bits, 1e-4);
            Assert.Equal(cut.Rest.SequenceEqual(NaiveBytes.Complete(model, cut.Prompt, cut.Rest.Length, cut.Context)), scores.Naive.Completed);
        }
    }
}
