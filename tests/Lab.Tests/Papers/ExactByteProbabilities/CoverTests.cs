using System.Text;
using CsCheck;
using Lab.Data.Grammars;
using Lab.Papers.ExactByteProbabilities;
using Lab.Tests.Text;
using Lab.Text;
using static Lab.Tests.Papers.ExactByteProbabilities.ToyLaws;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public sealed class CoverTests
{
    // Tokens of the letters a, b and the space that can join: ab, abb, " a", bb and aa.
    private static readonly Bpe small = Bpe.OfMerges([('a', 'b'), (256, 'b'), (' ', 'a'), ('b', 'b'), ('a', 'a')], PreTokenizer.SpacePrefix);
    private static readonly int[] context = ['a', 'b', ' ']; // what the decoder stands behind; it joins with nothing
    private static readonly Bpe marked = Bpe.OfMerges(small.Merges.Select(m => (m.Left, m.Right)), PreTokenizer.SpacePrefix, ["<mark>"]);
    private static readonly int[] mark = [marked.Vocabulary.SpecialTokens["<mark>"]];

    public static IEnumerable<string> Strings(string letters, int longest) =>
        Enumerable.Range(0, longest + 1).SelectMany(length => new MarkovSource(letters, 0, _ => []).Texts(length));

    [Fact]
    public void The_cover_and_its_probability_are_those_of_all_tokenizations_tried_one_by_one()
    {
        using var decoder = Random(marked.Vocabulary.Size);
        using var model = new DecoderTokens(decoder, marked);
        var search = new CoverSearch(model);
        foreach (var text in Strings("ab ", 4).Skip(1).Concat(["abbab", "a aab", "bbabb"]).Select(Ascii))
        {
            var brute = BruteForceCover(marked, text).Select(tokens => (Key: string.Join(' ', tokens), Log: LogProbability(model, mark, tokens))).OrderBy(c => c.Key, StringComparer.Ordinal).ToArray();
            var found = search.Find(text, mark).Select(c => (Key: string.Join(' ', c.Tokens), Log: c.LogProbability)).OrderBy(c => c.Key, StringComparer.Ordinal).ToArray();
            Assert.Equal(brute.Select(c => c.Key), found.Select(c => c.Key));
            Assert.All(brute.Zip(found), pair => Near(pair.First.Log, pair.Second.Log, 1e-5));

            var view = new ByteView(model, mark);
            foreach (var value in text) view.Append(value);
            Near(Math.Log(brute.Sum(c => Math.Exp(c.Log))), view.LogProbability, 1e-5);
            Assert.Equal(brute.Select(c => c.Key), view.Cover.Select(c => string.Join(' ', c.Tokens)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Over_five_tokens_covers_and_next_bytes_are_those_of_brute_force_for_every_string_of_up_to_ten_letters()
    {
        var law = new ValidLaw();
        var search = new CoverSearch(law);
        foreach (var text in Strings("AB", 10).Skip(1))
        {
            var bytes = Ascii(text);
            var brute = BruteForceCover(FiveTokens, bytes).ToDictionary(tokens => string.Join(' ', tokens), tokens => LogProbability(law, [], tokens));
            var found = search.Find(bytes).ToDictionary(c => string.Join(' ', c.Tokens), c => c.LogProbability);
            Assert.Equal(brute.Keys.Order(StringComparer.Ordinal), found.Keys.Order(StringComparer.Ordinal));
            Assert.All(brute, pair => Near(pair.Value, found[pair.Key], 1e-10));

            var view = ByteView.Behind(law, bytes);
            Near(brute.Values.Sum(Math.Exp), Math.Exp(view.LogProbability), 1e-12);
            var next = view.Law();
            Near(1, next.Sum(), 1e-12);
            foreach (var letter in "AB")
                Near(Math.Exp(search.LogProbability([.. bytes, (byte)letter]) - search.LogProbability(bytes)), next[letter], 1e-10);
        }
    }

    [Fact]
    public void Over_five_tokens_texts_of_a_length_share_all_probability()
    {
        var search = new CoverSearch(new ValidLaw());
        for (var length = 0; length <= 10; length++)
            Near(1, new MarkovSource("AB", 0, _ => []).Texts(length).Sum(text => Math.Exp(search.LogProbability(Ascii(text)))), 1e-10);
    }

    [Fact]
    public void Next_bytes_one_pass_at_a_time_are_ratios_of_covers()
    {
        var (_, law) = Chain(5);
        var search = new CoverSearch(law);
        foreach (var text in Strings("AB", 10))
        {
            var bytes = Ascii(text);
            var view = new ByteView(law);
            foreach (var value in bytes) view.Append(value);
            var next = view.Law();
            Near(1, next.Sum(), 1e-12);
            Near(search.LogProbability(bytes), view.LogProbability, 1e-10);
            foreach (var letter in "AB")
                Near(Math.Exp(search.LogProbability([.. bytes, (byte)letter]) - search.LogProbability(bytes)), next[letter], 1e-10);
        }
    }

    [Fact]
    public void A_sequence_is_an_encoding_exactly_if_every_two_neighbours_are()
    {
        var pairs = ValidPairs.Of(small);
        int[] alphabet = ['a', 'b', ' ', 256, 257, 258, 259, 260];
        var sequences = Enumerable.Range(0, 4).Aggregate(Enumerable.Repeat(Array.Empty<int>(), 1).ToList(), (all, _) =>
            [.. all, .. all.Where(s => s.Length == all.Max(t => t.Length)).SelectMany(s => alphabet.Select(token => (int[])[.. s, token]))]);
        Assert.Equal(4681, sequences.Count);
        Assert.All(sequences, sequence => Assert.Equal(
            small.Encode(small.Decode(sequence)).SequenceEqual(sequence),
            Enumerable.Range(0, sequence.Length).All(i => pairs.Following(sequence.AsSpan(0, i))[sequence[i]])));
    }

    [Fact]
    public void Neighbours_decide_for_a_trained_tokenizer_of_several_scripts_too()
    {
        var text = new Grammar().Text(3, 30_000);
        var bpe = Texts.Trained(text, 600, PreTokenizer.SpacePrefix);
        var pairs = ValidPairs.Of(bpe);
        var valid = 0;
        Gen.Int[32, 599].Array[2, 5].Sample(sequence =>
        {
            // Uniform tokens hardly ever join; those of real text do, here cut anywhere.
            var near = bpe.Encode(bpe.Decode(sequence));
            int[] mixed = [.. sequence[..1], .. near[^1..], .. sequence[1..]];
            foreach (var tokens in new[] { sequence, near, mixed })
            {
                var isEncoding = bpe.Encode(bpe.Decode(tokens)).SequenceEqual(tokens);
                Assert.Equal(isEncoding, Enumerable.Range(0, tokens.Length).All(i => pairs.Following(tokens.AsSpan(0, i))[tokens[i]]));
                if (isEncoding) Interlocked.Increment(ref valid);
            }
        }, iter: 3000);
        Assert.InRange(valid, 1000, 8999);
    }

    [Fact]
    public void With_bytes_for_tokens_there_is_one_cover_and_the_naive_law_is_exact()
    {
        var bytes = Bpe.OfMerges([], PreTokenizer.SpacePrefix);
        using var decoder = Random(256);
        using var model = new DecoderTokens(decoder, bytes);
        Assert.Single(new CoverSearch(model).Find("ab"u8, context));
        var (naive, exact) = (NaiveBytes.Law(model, "ab"u8, context), ByteView.Behind(model, "ab"u8, context).Law());
        Assert.All(naive.Zip(exact), pair => Near(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void With_one_merge_a_cover_has_at_most_two_encodings()
    {
        var sizes = Strings("AB", 8).Skip(1).Select(text => new CoverSearch(TwoLetters).Find(Ascii(text)).Count).ToArray();
        Assert.Equal(2, sizes.Max());
        Assert.Equal(1, sizes.Min());
    }

    [Fact]
    public void Nothing_is_covered_by_the_empty_encoding()
    {
        var cover = Assert.Single(new CoverSearch(TwoLetters).Find([]));
        Assert.Empty(cover.Tokens);
        Assert.Equal(0, cover.LogProbability);
        Assert.Equal(0, new ByteView(TwoLetters).LogProbability);
        Near(0.5, new ByteView(TwoLetters).Law()['A'], 1e-12);
    }

    [Fact]
    public void Pieces_that_depend_on_what_follows_are_refused()
    {
        using var decoder = Random(256);
        foreach (var preTokenizer in PreTokenizer.All.Where(p => !p.IsCausal))
        {
            using var model = new DecoderTokens(decoder, Bpe.OfMerges([], preTokenizer));
            Assert.Contains("boundaries depend on the past alone", Assert.Throws<InvalidOperationException>(() => new CoverSearch(model)).Message);
            Assert.Throws<InvalidOperationException>(() => new ByteView(model));
        }
    }
}
