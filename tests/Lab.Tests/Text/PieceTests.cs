using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using Lab.Text;

namespace Lab.Tests.Text;

public sealed class PieceTests
{
    public static TheoryData<PreTokenizer> All => [.. PreTokenizer.All];

    [Theory]
    [MemberData(nameof(All))]
    public void Pieces_are_those_of_the_pattern(PreTokenizer preTokenizer)
    {
        var pattern = new Regex(preTokenizer.Pattern, RegexOptions.CultureInvariant);
        // .NET's patterns see surrogates, not the characters beyond U+FFFF, and take no long s for an s.
        Texts.Unicode.Select(text => string.Concat(text.Where(c => !char.IsSurrogate(c) && c != 'ſ'))).Sample(text =>
            Assert.Equal(pattern.Matches(text).Select(match => match.Value), Pieces(preTokenizer, Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString)), iter: 5000);
        Assert.Equal(
            pattern.Matches(Texts.Made).Select(match => match.Value).Where(p => !p.Any(char.IsSurrogate)),
            Pieces(preTokenizer, Encoding.UTF8.GetBytes(Texts.Made)).Select(Encoding.UTF8.GetString).Where(p => !p.Any(char.IsSurrogate)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pieces_of_any_bytes_join_to_them(PreTokenizer preTokenizer) =>
        Gen.Byte.Array[0, 60].Sample(bytes => Assert.Equal(bytes, Pieces(preTokenizer, bytes).SelectMany(piece => piece)), iter: 5000);

    [Theory]
    [InlineData("I'll say'LL 'twas", "I|'ll| say|'|LL| '|twas", "I|'ll| say|'LL| '|twas")]
    [InlineData("12345 67", "12345| 67", "123|45| |67")]
    [InlineData("a  b\n\n c", "a| | b|\n\n| c", "a| | b|\n\n| c")]
    [InlineData("end  ", "end|  ", "end|  ")]
    [InlineData("x=(1);\n\ny", "x|=(|1|);|\n|\n|y", "x|=(|1|);\n\n|y")]
    [InlineData("𝐀𝐁 🙂x", "𝐀𝐁| 🙂|x", "𝐀𝐁| 🙂|x")]
    public void The_styles_of_gpt2_and_cl100k_differ_as_known(string text, string gpt2, string cl100k)
    {
        Assert.Equal(gpt2.Split('|'), Pieces(PreTokenizer.Gpt2, Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString));
        Assert.Equal(cl100k.Split('|'), Pieces(PreTokenizer.Cl100k, Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString));
    }

    [Theory]
    [InlineData(1, "|1|2|3|4|5| |6|7|a")]
    [InlineData(2, "|12|34|5| |67|a")]
    [InlineData(3, "|123|45| |67|a")]
    public void Digits_fall_into_groups_from_the_left_and_take_no_space_along(int group, string pieces)
    {
        Assert.Equal(pieces[1..].Split('|'), Pieces(PreTokenizer.Gpt2DigitGroups(group), "12345 67a"u8.ToArray()).Select(Encoding.UTF8.GetString));
        Assert.Throws<ArgumentOutOfRangeException>(() => PreTokenizer.Gpt2DigitGroups(4));
    }

    [Fact]
    public void Space_prefix_opens_a_piece_at_a_space_or_line_feed_behind_something_else() =>
        Assert.Equal(["  a", " b", "  c", "\nd\te", " "], Pieces(PreTokenizer.SpacePrefix, "  a b  c\nd\te "u8.ToArray()).Select(Encoding.UTF8.GetString));

    [Fact]
    public void Boundaries_of_a_causal_pre_tokenizer_stay_when_the_text_goes_on()
    {
        var causal = PreTokenizer.All.Where(p => p.IsCausal).ToArray();
        Assert.NotEmpty(causal);
        foreach (var preTokenizer in causal)
            Gen.Select(Texts.Among(32, 10, 97, 98, 0xC3, 0xA9).Array[1, 30], Gen.Int[0, 30]).Sample((codes, cut) =>
            {
                byte[] text = [.. codes.Select(code => (byte)code)];
                cut = Math.Min(cut, text.Length);
                Assert.Equal(Ends(text).Where(end => end < cut), Ends(text[..cut]).Where(end => end < cut));
            }, iter: 5000);

        static IEnumerable<int> Ends(byte[] text) => Pieces(PreTokenizer.SpacePrefix, text).Aggregate(new List<int> { 0 }, (ends, piece) => [.. ends, ends[^1] + piece.Length]);
    }

    public static List<byte[]> Pieces(PreTokenizer preTokenizer, byte[] text)
    {
        var pieces = new List<byte[]>();
        for (var (start, end) = (0, 0); start < text.Length; start = end)
        {
            end = preTokenizer.Next(text, start);
            Assert.InRange(end, start + 1, text.Length);
            pieces.Add(text[start..end]);
        }
        return pieces;
    }
}
