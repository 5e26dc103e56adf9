using System.Text;
using CsCheck;
using Lab.Text;
using Microsoft.ML.Tokenizers;
using PreTokenizer = Lab.Text.PreTokenizer;

namespace Lab.Tests.Text;

public sealed class BpeTests : IDisposable
{
    private static readonly Bpe bpe = Texts.Trained(Texts.Made, 700);
    private readonly string folder = Directory.CreateTempSubdirectory("lab-bpe-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Ten_thousand_random_texts_come_back() =>
        Texts.Unicode.Sample(text => Assert.Equal(text, bpe.DecodeText(bpe.Encode(text))), iter: 10_000);

    [Fact]
    public void Ten_thousand_random_byte_strings_come_back() =>
        Gen.Byte.Array[0, 100].Sample(bytes => Assert.Equal(bytes, bpe.Decode(bpe.Encode(bytes))), iter: 10_000);

    [Fact]
    public void Merging_is_by_rank_and_from_the_left_whatever_the_length_of_the_piece()
    {
        var small = Texts.Trained("abcabcaabbccabacaaaabbbbcbcbaabcbaaaaaaaaaa", 290, PreTokenizer.SpacePrefix);
        Gen.Char['a', 'c'].Array[1, 150].Select(letters => new string(letters)).Sample(text => Assert.Equal(Naive(small, text), small.Encode(text)), iter: 1000);
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(12_000)]
    public void Ids_are_those_of_Microsoft_ML_Tokenizers_on_the_same_files(int size)
    {
        var trained = Texts.Trained(Texts.SixLanguages, size);
        var (vocabulary, merges) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        Gpt2Files.Save(trained, vocabulary, merges);
        var loaded = Gpt2Files.Load(vocabulary, merges);
        var peer = BpeTokenizer.Create(new BpeOptions(vocabulary, merges) { ByteLevel = true, PreTokenizer = new RegexPreTokenizer(new(PreTokenizer.Gpt2.Pattern), null) });
        Assert.Equal(peer.EncodeToIds(Texts.SixLanguages), loaded.Encode(Texts.SixLanguages));
    }

    [Fact]
    public void Ids_of_the_cl100k_style_are_those_of_Microsoft_ML_Tokenizers_on_the_same_file()
    {
        var trained = Texts.Trained(Texts.SixLanguages, 4000, PreTokenizer.Cl100k);
        var path = Path.Combine(folder, "ranks.tiktoken");
        TiktokenFile.Save(trained, path);
        var peer = TiktokenTokenizer.Create(path, new RegexPreTokenizer(new(PreTokenizer.Cl100k.Pattern), null), null);
        Assert.Equal(peer.EncodeToIds(Texts.SixLanguages), TiktokenFile.Load(path, PreTokenizer.Cl100k).Encode(Texts.SixLanguages));
    }

    [Fact]
    public void A_piece_of_a_hundred_thousand_letters_costs_no_square_of_them()
    {
        var text = new string('a', 100_000);
        var tokens = Texts.Trained(text, 270, PreTokenizer.SpacePrefix).Encode(text);
        Assert.True(tokens.Length < 30, $"{tokens.Length}");
    }

    [Fact]
    public void More_pieces_than_the_cache_holds_change_nothing()
    {
        var numbers = string.Join(' ', Enumerable.Range(0, 40_000));
        var tokens = bpe.Encode(numbers);
        Assert.Equal(numbers, bpe.DecodeText(tokens));
        Assert.Equal(tokens, bpe.Encode(numbers));
    }

    [Fact]
    public void Threads_that_encode_at_once_get_the_same_tokens()
    {
        var expected = bpe.Encode(Texts.Made);
        Parallel.For(0, 16, _ => Assert.Equal(expected, bpe.Encode(Texts.Made)));
    }

    [Fact]
    public void Names_of_special_tokens_stand_for_them_only_where_asked()
    {
        var special = Texts.Trained("low low lower", 300, null, "<end>", "<end>>");
        var (end, longer) = (special.Vocabulary.SpecialTokens["<end>"], special.Vocabulary.SpecialTokens["<end>>"]);

        Assert.Equal([.. special.Encode("low"), end, .. special.Encode(" low"), longer, end], special.EncodeWithSpecialTokens("low<end> low<end>><end>"));
        Assert.DoesNotContain(end, special.Encode("low<end> low"));
        Assert.Equal("low<end> low", special.DecodeText(special.EncodeWithSpecialTokens("low<end> low")));
        Assert.Equal(special.Encode("<en"), special.EncodeWithSpecialTokens("<en"));
        Assert.Empty(special.EncodeWithSpecialTokens(""));
    }

    [Fact]
    public void An_unknown_id_is_named()
    {
        Assert.Contains("the id 900;", Assert.Throws<ArgumentOutOfRangeException>(() => bpe.Decode([97, 900])).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => bpe.Decode([-1]));
    }

    [Fact]
    public void A_lone_surrogate_is_named_with_its_place()
    {
        var error = Assert.Throws<ArgumentException>(() => bpe.Encode("ab\ud83dc"));
        Assert.Contains("lone surrogate U+D83D at index 2", error.Message);
        Assert.Throws<ArgumentException>(() => bpe.EncodeWithSpecialTokens("\udc00"));
    }

    [Fact]
    public void Tokens_that_end_inside_a_character_are_bytes_but_no_text()
    {
        var bytes = Encoding.UTF8.GetBytes("aλ")[..2];
        Assert.Equal(bytes, bpe.Decode(bpe.Encode(bytes)));
        Assert.Contains("after 1 bytes comes 0xCE", Assert.Throws<ArgumentException>(() => bpe.DecodeText(bpe.Encode(bytes))).Message);
    }

    [Fact]
    public void A_vocabulary_lacks_no_byte()
    {
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToArray();
        Assert.Contains("1 are missing, the first is 0x41", Assert.Throws<ArgumentException>(() => new Vocabulary([.. tokens[..0x41], null, .. tokens[0x42..]])).Message);
        Assert.Contains("Tokens 97 and 256 are the same: 'a'", Assert.Throws<ArgumentException>(() => new Vocabulary([.. tokens, "a"u8.ToArray()])).Message);
        Assert.Contains("Token 256 is empty", Assert.Throws<ArgumentException>(() => new Vocabulary([.. tokens, []])).Message);
    }

    [Fact]
    public void Merges_fit_the_vocabulary_and_occur_once()
    {
        Assert.Contains("only 256 precede it", Assert.Throws<ArgumentException>(() => Bpe.OfMerges([(97, 256)], PreTokenizer.Gpt2)).Message);
        Assert.Throws<ArgumentException>(() => Bpe.OfMerges([(97, 98), (97, 98)], PreTokenizer.Gpt2));
        Assert.Contains("but its token 97 is 'a'", Assert.Throws<ArgumentException>(() => new Bpe(bpe.Vocabulary, [new(97, 98, 97)], PreTokenizer.Gpt2)).Message);
        Assert.Contains("no token has the id 5000", Assert.Throws<ArgumentException>(() => new Bpe(bpe.Vocabulary, [new(97, 5000, 97)], PreTokenizer.Gpt2)).Message);
    }

    [Fact]
    public void The_hash_tells_tokenizers_apart()
    {
        var same = Texts.Trained(Texts.Made, 700);
        Assert.Equal(bpe.Hash(), same.Hash());
        Assert.NotEqual(bpe.Hash(), new Bpe(same.Vocabulary, same.Merges, PreTokenizer.Words).Hash());
        Assert.NotEqual(bpe.Hash(), new Bpe(same.Vocabulary, [.. same.Merges.Skip(1)], PreTokenizer.Gpt2).Hash());
        Assert.NotEqual(bpe.Hash(), Texts.Trained(Texts.Made, 699).Hash());
    }

    [Fact]
    public void Places_of_tokens_are_given_in_bytes_and_in_characters()
    {
        Texts.Unicode.Sample(text =>
        {
            var tokenized = TokenizedText.Of(bpe, text);
            Assert.Equal(bpe.Encode(text), tokenized.Tokens.Select(token => token.Id));
            var position = 0;
            foreach (var token in tokenized.Tokens)
            {
                Assert.Equal(position, token.ByteStart);
                Assert.Equal(bpe.Vocabulary[token.Id].ToArray(), tokenized.Bytes(token).ToArray());
                var before = Encoding.UTF8.GetByteCount(text.AsSpan(0, token.CharStart));
                var through = Encoding.UTF8.GetByteCount(text.AsSpan(0, token.CharStart + token.CharLength));
                Assert.InRange(token.ByteStart, before, through - 1);
                Assert.InRange(token.ByteStart + token.ByteLength, before + 1, through);
                position += token.ByteLength;
            }
            Assert.Equal(tokenized.ByteCount, position);
        }, iter: 2000);

        var bytes = TokenizedText.Of(Bpe.OfMerges([], PreTokenizer.Gpt2), "aé😀");
        Assert.Equal([(0, 1), (1, 1), (1, 1), (2, 2), (2, 2), (2, 2), (2, 2)], bytes.Tokens.Select(token => (token.CharStart, token.CharLength)));
    }

    private static List<int> Naive(Bpe bpe, string text)
    {
        var symbols = text.Select(c => (int)c).ToList();
        foreach (var merge in bpe.Merges)
            for (var i = 0; i + 1 < symbols.Count; i++)
                if (symbols[i] == merge.Left && symbols[i + 1] == merge.Right)
                {
                    symbols[i] = merge.Token;
                    symbols.RemoveAt(i + 1);
                }
        return symbols;
    }
}
