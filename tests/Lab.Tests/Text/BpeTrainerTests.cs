using System.Text;
using CsCheck;
using Lab.Text;

namespace Lab.Tests.Text;

public sealed class BpeTrainerTests
{
    [Fact]
    public void A_text_trains_the_tokenizer_of_its_pieces()
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("low lower newest widest ", 5)));
        var counts = new PieceCounts(PreTokenizer.Words);
        counts.Add(text);
        var (ofPieces, ofText) = (Bpe.Train(counts, 264), Bpe.Train(text, PreTokenizer.Words, 264));
        Assert.Equal(264, ofText.Vocabulary.Size);
        Assert.Equal(ofPieces.Hash(), ofText.Hash());
        Assert.Throws<ArgumentOutOfRangeException>(() => Bpe.Train(text, PreTokenizer.Words, 255));
    }

    [Fact]
    public void The_worked_example_gives_its_merges_in_order()
    {
        var counts = new PieceCounts(PreTokenizer.Words);
        foreach (var (word, count) in new[] { ("low", 5), ("lower", 2), ("newest", 6), ("widest", 3) })
            for (var i = 0; i < count; i++) counts.Add(word);

        var bpe = Bpe.Train(counts, 256 + 8);

        Assert.Equal(["es", "est", "lo", "low", "ew", "new", "newest", "dest"], bpe.Merges.Select(merge => Encoding.UTF8.GetString(bpe.Vocabulary[merge.Token])));
        Assert.Equal(["low", "est"], Parts(bpe, "lowest"));
        Assert.Equal(["new", "e", "r"], Parts(bpe, "newer"));
        Assert.Equal(["w", "est"], Parts(bpe, "west"));
    }

    [Fact]
    public void Overlapping_pairs_all_count_and_merge_from_the_left()
    {
        var counts = new PieceCounts(PreTokenizer.Words);
        for (var i = 0; i < 3; i++) counts.Add("aaaa ");
        counts.Add("xyxyxyxyxyxyxyxyxy"); // xy 9 times, as often as aa: the smaller left id wins

        Assert.Equal((97, 97), Pair(Bpe.Train(counts, 257).Merges[0]));
    }

    [Fact]
    public void It_learns_what_counting_all_pairs_anew_after_every_merge_learns() =>
        Gen.Select(Gen.Char['a', 'd'].Array[1, 12].Select(letters => new string(letters)).Array[1, 12], Gen.Int[1, 40]).Sample((words, merges) =>
        {
            var counts = new PieceCounts(PreTokenizer.SpacePrefix);
            foreach (var word in words) counts.Add(word);
            var bpe = Bpe.Train(counts, 256 + merges);
            Assert.Equal(BruteForce(words, merges), bpe.Merges.Select(Pair));
        }, iter: 2000);

    [Fact]
    public void It_learns_what_counting_anew_learns_on_text()
    {
        var pieces = PieceTests.Pieces(PreTokenizer.Gpt2, Encoding.UTF8.GetBytes(Texts.Made[..6000]));
        Assert.Equal(BruteForce(pieces.Select(Encoding.Latin1.GetString), 150), Texts.Trained(Texts.Made[..6000], 256 + 150).Merges.Select(Pair));
    }

    [Fact]
    public void The_order_of_the_texts_changes_nothing()
    {
        string[] texts = [Texts.Made[..3000], Texts.Made[3000..9000], Texts.Made[9000..]];
        var (forward, backward) = (new PieceCounts(PreTokenizer.Gpt2), new PieceCounts(PreTokenizer.Gpt2));
        foreach (var text in texts) forward.Add(text);
        foreach (var text in texts.Reverse()) backward.Add(text);
        Assert.Equal(Bpe.Train(forward, 600).Hash(), Bpe.Train(backward, 600).Hash());
    }

    [Fact]
    public void Learning_stops_when_no_pair_occurs_twice()
    {
        var bpe = Texts.Trained("abcabc", 300, PreTokenizer.SpacePrefix);
        Assert.Equal(["ab", "abc"], bpe.Merges.Select(merge => Encoding.UTF8.GetString(bpe.Vocabulary[merge.Token])));
        Assert.Equal(258, bpe.Vocabulary.Size);
    }

    [Fact]
    public void An_empty_corpus_gives_the_bytes_alone()
    {
        var bpe = Bpe.Train(new PieceCounts(PreTokenizer.Gpt2), 1000);
        Assert.Equal(256, bpe.Vocabulary.Size);
        Assert.Equal([104, 105], bpe.Encode("hi"));
    }

    [Theory]
    [InlineData(255, 0)]
    [InlineData(256, 1)]
    [InlineData(-1, 0)]
    public void A_vocabulary_too_small_for_the_bytes_and_special_tokens_is_refused(int size, int special)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Texts.Trained("text", size, null, [.. Enumerable.Range(0, special).Select(i => $"<{i}>")]));
        Assert.Contains($"must be at least {256 + special}", error.Message);
    }

    [Fact]
    public void Special_tokens_come_last()
    {
        var bpe = Texts.Trained("abababab", 400, PreTokenizer.SpacePrefix, "<a>", "<b>");
        Assert.Equal(bpe.Vocabulary.Size - 2, bpe.Vocabulary.SpecialTokens["<a>"]);
        Assert.Equal(bpe.Vocabulary.Size - 1, bpe.Vocabulary.SpecialTokens["<b>"]);
    }

    [Fact]
    public void Learning_can_be_stopped()
    {
        var counts = new PieceCounts(PreTokenizer.Gpt2);
        counts.Add(Texts.Made);
        Assert.Throws<OperationCanceledException>(() => Bpe.Train(counts, 1000, cancellation: new CancellationToken(true)));
    }

    private static (int, int) Pair(Merge merge) => (merge.Left, merge.Right);

    private static string[] Parts(Bpe bpe, string word) => [.. bpe.Encode(word).Select(id => Encoding.UTF8.GetString(bpe.Vocabulary[id]))];

    // Characters up to U+00FF stand for bytes.
    private static List<(int, int)> BruteForce(IEnumerable<string> words, int count)
    {
        var pieces = words.Select(word => word.Select(c => (int)c).ToList()).ToList();
        var merges = new List<(int Left, int Right)>();
        while (merges.Count < count)
        {
            var pairs = pieces.SelectMany(piece => piece.Zip(piece.Skip(1))).CountBy(pair => pair).Where(pair => pair.Value >= 2).ToArray();
            if (pairs.Length == 0) break;
            var best = pairs.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).First().Key;
            foreach (var piece in pieces)
                for (var i = 0; i + 1 < piece.Count; i++)
                    if ((piece[i], piece[i + 1]) == best)
                    {
                        piece[i] = 256 + merges.Count;
                        piece.RemoveAt(i + 1);
                    }
            merges.Add(best);
        }
        return merges;
    }
}
