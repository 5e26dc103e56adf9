using System.Text;
using Lab.Data;
using Lab.Text;

namespace Lab.Tests.Text;

public sealed class TokenizerFileTests : IDisposable
{
    private static readonly Bpe bpe = Texts.Trained(Texts.Made, 700, null, "<|endoftext|>");
    private readonly string folder = Directory.CreateTempSubdirectory("lab-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string InFolder(string name, string? content = null)
    {
        var path = Path.Combine(folder, name);
        if (content is not null) File.WriteAllText(path, content);
        return path;
    }

    [Fact]
    public void A_vocabulary_and_its_merges_come_back()
    {
        Gpt2Files.Save(bpe, InFolder("vocab.json"), InFolder("merges.txt"));
        Assert.Equal(bpe.Hash(), Gpt2Files.Load(InFolder("vocab.json"), InFolder("merges.txt"), specialTokens: ["<|endoftext|>"]).Hash());
        Assert.Equal(2, Directory.GetFiles(folder).Length);
    }

    public static TheoryData<PreTokenizer> PreTokenizers => [.. PreTokenizer.All];

    [Theory]
    [MemberData(nameof(PreTokenizers))]
    public void A_tokenizer_json_comes_back_with_its_pre_tokenizer(PreTokenizer preTokenizer)
    {
        var written = Texts.Trained(Texts.Made, 700, preTokenizer, "<a>", "<b>");
        TokenizerJson.Save(written, InFolder("tokenizer.json"));
        Assert.Equal(written.Hash(), TokenizerJson.Load(InFolder("tokenizer.json")).Hash());
    }

    [Fact]
    public void A_tiktoken_file_comes_back_with_the_merges_that_its_ranks_imply()
    {
        TiktokenFile.Save(bpe, InFolder("t.tiktoken"));
        Assert.Equal(bpe.Hash(), TiktokenFile.Load(InFolder("t.tiktoken"), PreTokenizer.Gpt2, bpe.Vocabulary.SpecialTokens).Hash());
        Assert.StartsWith("AA== 0\nAQ== 1\n", File.ReadAllText(InFolder("t.tiktoken")));
    }

    [Fact]
    public void A_special_token_of_a_tiktoken_file_may_lie_beyond_a_gap()
    {
        TiktokenFile.Save(bpe, InFolder("t.tiktoken"));
        var loaded = TiktokenFile.Load(InFolder("t.tiktoken"), PreTokenizer.Gpt2, new Dictionary<string, int> { ["<end>"] = 710 });
        Assert.Equal(711, loaded.Vocabulary.Size);
        Assert.Equal([710], loaded.EncodeWithSpecialTokens("<end>"));
        Assert.Throws<ArgumentOutOfRangeException>(() => loaded.Decode([705]));
    }

    [Fact]
    public void Ids_out_of_the_order_of_merges_do_not_fit_a_tiktoken_file()
    {
        var odd = new Bpe(bpe.Vocabulary, [.. bpe.Merges.Reverse()], PreTokenizer.Gpt2);
        Assert.Contains("do not follow", Assert.Throws<ArgumentException>(() => TiktokenFile.Save(odd, InFolder("t"))).Message);
    }

    [Fact]
    public void Visible_characters_of_latin_1_spell_themselves_and_a_space_is_a_g_with_a_dot()
    {
        Gpt2Files.Save(bpe, InFolder("vocab.json"), InFolder("merges.txt"));
        var text = File.ReadAllText(InFolder("vocab.json"));
        Assert.Contains("\"a\":97", text);
        Assert.Contains("\"Ġ\":32", text);
        Assert.Contains("\"Ā\":0", text);
        Assert.Contains("\"Ń\":173", text);
        Assert.StartsWith("#version: 0.2\n", File.ReadAllText(InFolder("merges.txt")));
    }

    [Theory]
    [InlineData("#version: 0.2\nĠ t\nĠ\n", "line 3: a merge is two tokens")]
    [InlineData("#version: 0.2\na b c\n", "line 2: a merge is two tokens")]
    [InlineData("zz y\n", "line 1: the merge 'zz y' needs the token 'zz', which the vocabulary in")]
    [InlineData("q q\n", "needs the token 'qq'")]
    public void An_invalid_merge_is_named_with_file_line_and_cause(string merges, string cause)
    {
        Gpt2Files.Save(bpe, InFolder("vocab.json"), InFolder("merges.txt"));
        var error = Assert.Throws<DataFormatException>(() => Gpt2Files.Load(InFolder("vocab.json"), InFolder("merges.txt", merges), specialTokens: ["<|endoftext|>"]));
        Assert.Equal(InFolder("merges.txt"), error.Path);
        Assert.Contains(cause, error.Message);
    }

    [Fact]
    public void A_merge_that_occurs_twice_is_refused()
    {
        Gpt2Files.Save(bpe, InFolder("vocab.json"), InFolder("merges.txt"));
        File.AppendAllText(InFolder("merges.txt"), File.ReadLines(InFolder("merges.txt")).Skip(1).First() + "\n");
        Assert.Throws<DataFormatException>(() => Gpt2Files.Load(InFolder("vocab.json"), InFolder("merges.txt"), specialTokens: ["<|endoftext|>"]));
    }

    [Theory]
    [InlineData("""{"a":97,"b":98}""", "254 are missing, the first is 0x00")]
    [InlineData("""{}""", "256 are missing")]
    [InlineData("""[1]""", "an object that maps tokens to ids")]
    [InlineData("""{"a":-1}""", "has the id -1; an id is a whole number")]
    [InlineData("""{"a":1.5}""", "has the id 1.5")]
    [InlineData("""{"a":1,"b":1}""", "two tokens have the id 1")]
    [InlineData("""{"a":1,"a":2}""", "'a' occurs twice")]
    [InlineData("""{"a b":1}""", "'a b' is no byte-level token")]
    [InlineData("""{"a":1""", "no JSON")]
    public void A_vocabulary_that_is_none_is_named_with_file_and_cause(string vocabulary, string cause)
    {
        var error = Assert.Throws<DataFormatException>(() => Gpt2Files.Load(InFolder("vocab.json", vocabulary), InFolder("merges.txt", "#version: 0.2\n")));
        Assert.Equal(InFolder("vocab.json"), error.Path);
        Assert.Contains(cause, error.Message);
    }

    [Fact]
    public void A_special_token_outside_the_vocabulary_is_named()
    {
        Gpt2Files.Save(bpe, InFolder("vocab.json"), InFolder("merges.txt"));
        Assert.Contains("no special token '<x>'", Assert.Throws<DataFormatException>(() => Gpt2Files.Load(InFolder("vocab.json"), InFolder("merges.txt"), specialTokens: ["<|endoftext|>", "<x>"])).Message);
        Assert.Contains("'<|endoftext|>'", bpe.Vocabulary.SpecialTokens.Keys.Select(name => $"'{name}'"));
    }

    [Theory]
    [InlineData("YQ== 97 1\n")]
    [InlineData("YQ==\n")]
    [InlineData("!!! 3\n")]
    [InlineData("YQ== -3\n")]
    [InlineData("YQ== 99999999\n")]
    public void A_line_of_a_tiktoken_file_that_is_none_is_named(string line) =>
        Assert.Contains("line 1 is no token in base64", Assert.Throws<DataFormatException>(() => TiktokenFile.Load(InFolder("t", line), PreTokenizer.Gpt2)).Message);

    [Fact]
    public void Ranks_and_bytes_of_a_tiktoken_file_are_complete_and_unique()
    {
        TiktokenFile.Save(bpe, InFolder("t"));
        var lines = File.ReadAllLines(InFolder("t"));
        Assert.Contains("1 are missing, the first is 0x00", Fails(lines[1..]));
        Assert.Contains($"line {lines.Length + 1} has the rank 0, which another token has", Fails([.. lines, "AA== 0"]));
        Assert.Contains("are the same", Fails([.. lines, "AA== 5000"]));

        string Fails(string[] content) => Assert.Throws<DataFormatException>(() => TiktokenFile.Load(InFolder("t", string.Join('\n', content)), PreTokenizer.Gpt2)).Message;
    }

    [Theory]
    [InlineData("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "no model of the type BPE")]
    [InlineData("\"normalizer\":null", "\"normalizer\":{\"type\":\"NFC\"}", "uses normalizer")]
    [InlineData("\"byte_fallback\":false", "\"byte_fallback\":true", "uses byte_fallback")]
    [InlineData("\"ignore_merges\":false", "\"ignore_merges\":true", "uses ignore_merges")]
    [InlineData("\"unk_token\":null", "\"unk_token\":\"<unk>\"", "uses unk_token")]
    [InlineData("\"add_prefix_space\":false", "\"add_prefix_space\":true", "the pre-tokenizer is not one of gpt2, cl100k, space-prefix, words")]
    [InlineData("\"id\":699,", "\"id\":3,", "two tokens have the id 3")]
    [InlineData("\"id\":699,", "", "an added token has a content and an id")]
    [InlineData("\"merges\":[", "\"merges\":7,\"x\":[", "no list of merges")]
    [InlineData("\"merges\":[", "\"merges\":[\"zz y\",", "merge 0: the merge 'zz y' needs the token 'zz', which the vocabulary lacks")]
    public void What_a_tokenizer_json_has_beyond_byte_level_bpe_is_refused_by_name(string was, string changed, string cause)
    {
        TokenizerJson.Save(bpe, InFolder("tokenizer.json"));
        var text = File.ReadAllText(InFolder("tokenizer.json"));
        Assert.Contains(was, text);
        File.WriteAllText(InFolder("tokenizer.json"), text.Replace(was, changed));
        Assert.Contains(cause, Assert.Throws<DataFormatException>(() => TokenizerJson.Load(InFolder("tokenizer.json"))).Message);
    }

    [Fact]
    public void Merges_as_pairs_are_read_too()
    {
        TokenizerJson.Save(bpe, InFolder("tokenizer.json"));
        var text = new StringBuilder(File.ReadAllText(InFolder("tokenizer.json")));
        var first = bpe.Merges[0];
        text.Replace("\"merges\":[\"", "\"merges\":[[\"").Replace("\"merges\":[[\"" + Spelled(first, " ") + "\"", "\"merges\":[[\"" + Spelled(first, "\",\"") + "\"]");
        File.WriteAllText(InFolder("tokenizer.json"), text.ToString());
        Assert.Equal(bpe.Hash(), TokenizerJson.Load(InFolder("tokenizer.json")).Hash());

        static string Spelled(Merge merge, string between) => ByteSpelling.Spell(bpe.Vocabulary[merge.Left]) + between + ByteSpelling.Spell(bpe.Vocabulary[merge.Right]);
    }
}
