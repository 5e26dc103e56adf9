using System.Text;
using Lab.Text;

namespace Lab.Tests.Text;

public sealed class TextNoiseTests
{
    private static readonly WordText made = WordSplitter.Whitespace.Split(Encoding.UTF8.GetBytes(Texts.Made));

    public static TheoryData<NoiseKind> Kinds => [.. Enum.GetValues<NoiseKind>()];

    [Theory, MemberData(nameof(Kinds))]
    public void The_words_stay_words(NoiseKind kind)
    {
        var noisy = new TextNoise(kind, 0.5, 3).Apply(made);
        Assert.Equal(made.Count, noisy.Count);
        Assert.Equal(noisy.Starts, WordSplitter.Whitespace.Split(noisy.Bytes).Starts);
        Assert.NotEqual(made.Bytes, noisy.Bytes);
        Assert.Equal(noisy.Bytes, new TextNoise(kind, 0.5, 3).Apply(made).Bytes);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Words_that_are_not_chosen_stay_as_they_are(NoiseKind kind)
    {
        var noisy = new TextNoise(kind, 1, 3).Apply(made, word => word % 2 == 0);
        for (var word = 1; word < made.Count; word += 2) Assert.True(made[word].SequenceEqual(noisy[word]));
    }

    [Fact]
    public void Without_a_rate_nothing_changes()
    {
        foreach (var kind in new[] { NoiseKind.Permute, NoiseKind.Replace, NoiseKind.Delete })
            Assert.Equal(made.Bytes, new TextNoise(kind, 0, 1).Apply(made).Bytes);
    }

    [Fact]
    public void Capitals_stay_capitals()
    {
        var once = new TextNoise(NoiseKind.Capitals, 0.1, 1).Apply(made);
        Assert.Equal(once.Bytes, new TextNoise(NoiseKind.Capitals, 0.1, 2).Apply(once).Bytes);
    }

    [Fact]
    public void About_the_rate_of_the_characters_is_deleted()
    {
        var text = WordSplitter.Whitespace.Split(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("abcdefghi ", 2000))));
        var gone = text.Bytes.Length - new TextNoise(NoiseKind.Delete, 0.1, 1).Apply(text).Bytes.Length;
        Assert.InRange(gone / 18_000.0, 0.09, 0.11);
    }

    [Fact]
    public void Permuting_keeps_the_letters_of_a_word_and_replacing_their_number()
    {
        var permuted = new TextNoise(NoiseKind.Permute, 0.5, 1).Apply(made);
        var replaced = new TextNoise(NoiseKind.Replace, 0.5, 1).Apply(made);
        for (var word = 0; word < made.Count; word++)
        {
            Assert.Equal(Letters(made[word]).Order(), Letters(permuted[word]).Order());
            Assert.Equal(Letters(made[word]).Length, Letters(replaced[word]).Length);
        }

        static string[] Letters(ReadOnlySpan<byte> word) => [.. Encoding.UTF8.GetString(word).EnumerateRunes().Select(rune => rune.ToString())];
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void A_rate_outside_its_range_is_refused(double rate) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextNoise(NoiseKind.Delete, rate, 0));
}
