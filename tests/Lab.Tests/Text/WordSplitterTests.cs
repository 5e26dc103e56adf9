using System.Text;
using CsCheck;
using Lab.Text;

namespace Lab.Tests.Text;

public sealed class WordSplitterTests
{
    private static readonly WordSplitter[] splitters = [WordSplitter.Whitespace, WordSplitter.Unicode, WordSplitter.FixedBytes(1), WordSplitter.FixedBytes(8)];

    private static string[] Words(WordSplitter splitter, string text, int mostBytes = int.MaxValue)
    {
        var words = splitter.Split(Encoding.UTF8.GetBytes(text), mostBytes);
        return [.. Enumerable.Range(0, words.Count).Select(i => Encoding.UTF8.GetString(words[i]))];
    }

    [Fact]
    public void White_space_stays_behind_its_word() => Assert.Equal(["a  ", "b\n", "c"], Words(WordSplitter.Whitespace, "a  b\nc"));

    [Fact]
    public void White_space_at_the_start_is_a_word() => Assert.Equal(["\n ", "a"], Words(WordSplitter.Whitespace, "\n a"));

    [Fact]
    public void An_empty_text_has_no_word() => Assert.All(splitters, splitter => Assert.Equal(0, splitter.Split([]).Count));

    [Fact]
    public void Unicode_words_take_the_space_before_and_the_punctuation_behind()
    {
        Assert.Equal(["Hello,", " world!"], Words(WordSplitter.Unicode, "Hello, world!"));
        Assert.Equal(["Hell", "o,", " wor", "ld!"], Words(WordSplitter.Unicode, "Hello, world!", 4));
        Assert.Equal(["don't", " stop.", " 3.14", " is", " π."], Words(WordSplitter.Unicode, "don't stop. 3.14 is π."));
        Assert.Equal(["中", "文。", "e\u0301a", " +", "1"], Words(WordSplitter.Unicode, "中文。e\u0301a +1"));
    }

    [Fact]
    public void Joined_the_words_are_the_text() => Texts.Unicode.Sample(text =>
    {
        foreach (var splitter in splitters)
            foreach (var limit in new[] { 1, 4, 16, int.MaxValue })
            {
                var words = splitter.Split(Encoding.UTF8.GetBytes(text), limit);
                Assert.Equal(words.Bytes.Length, words.Starts[^1]);
                Assert.All(words.Starts.Zip(words.Starts.Skip(1)), word => Assert.InRange(word.Second - word.First, 1, limit));
            }
    }, iter: 300);

    [Fact]
    public void A_long_word_is_cut_between_characters()
    {
        Assert.Equal(["ää", "ä ", "b"], Words(WordSplitter.Whitespace, "äää b", 4));
        Assert.Equal(["ää", "ä ", "b"], Words(WordSplitter.Whitespace, "äää b", 5)); // a third letter would need a sixth byte
        Assert.Equal(6, WordSplitter.Whitespace.Split(Encoding.UTF8.GetBytes("😀ab"), 1).Count); // no place between characters is left
    }

    [Fact]
    public void A_limit_below_one_byte_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WordSplitter.Whitespace.Split([1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => WordSplitter.FixedBytes(0));
    }

    [Fact]
    public void Words_are_the_pieces_of_the_byte_pair_encoding_of_words()
    {
        var text = Encoding.UTF8.GetBytes(Texts.Made);
        var counts = new PieceCounts(PreTokenizer.Words);
        counts.Add(text);
        Assert.Equal(counts.Counts.Values.Sum(), WordSplitter.Whitespace.Split(text).Count);
    }
}
