using Lab.Extensions.Tests.Magics;
using Lab.Text;

namespace Lab.Extensions.Tests.Formatters;

public sealed class TokenFormatterTests
{
    private static readonly Bpe bytes = Bpe.OfMerges([], PreTokenizer.Gpt2);
    private static readonly Bpe merging = Bpe.OfMerges([('l', 'o'), (256, 'w'), (' ', 257)], PreTokenizer.Gpt2);

    [Fact]
    public void A_text_is_html_and_plain_text() => Assert.Equal(["text/html", "text/plain"], Shown.MimeTypes(TokenizedText.Of(bytes, "a")));

    [Fact]
    public void Plain_text_parts_the_tokens_and_shows_white_space() =>
        Assert.Equal("merging: 4 tokens, 9 bytes, 2.25 bytes per token\nlow|·low|↵|a", Shown.Text(TokenizedText.Of(merging, "low low\na", "merging")));

    [Fact]
    public void Pointing_at_a_token_shows_id_bytes_and_places()
    {
        var html = Shown.Html(TokenizedText.Of(merging, "é low", "merging"));
        Assert.Contains("title=\"id 258\n4 bytes: 206C6F77\nbytes 2 to 5\ncharacters 1 to 4\"><i>·</i>low</span>", html);
    }

    [Fact]
    public void A_token_inside_a_character_shows_its_bytes()
    {
        var html = Shown.Html(TokenizedText.Of(bytes, "é"));
        Assert.Contains("bytes 0 to 0\ncharacters 0 to 0\"><small>C3</small>", html);
        Assert.Contains("<small>A9</small>", html);
        Assert.EndsWith("\nC3|A9", Shown.Text(TokenizedText.Of(bytes, "é")));
    }

    [Fact]
    public void Text_and_names_are_escaped()
    {
        var html = Shown.Html(TokenizedText.Of(Bpe.OfMerges([('<', 'b'), (256, '>')], PreTokenizer.SpacePrefix), "<b>&", "<i>"));
        Assert.Contains(">&lt;b&gt;</span>", html);
        Assert.Contains("<b>&lt;i&gt;</b>", html);
        Assert.DoesNotContain("<b>&</span>", html);
    }

    [Fact]
    public void A_long_text_is_cut_with_a_word_on_what_is_missing()
    {
        var html = Shown.Html(TokenizedText.Of(bytes, new string('x', 3000)));
        Assert.Contains("3,000 tokens", html);
        Assert.Contains("... 1,000 more tokens", html);
        Assert.Equal(2000, html.Split("title=").Length - 1);
    }

    [Fact]
    public void No_text_has_no_tokens() => Assert.Contains("no tokens", Shown.Html(TokenizedText.Of(bytes, "")));

    [Fact]
    public void A_comparison_shows_one_text_only()
    {
        var comparison = new TokenComparison([TokenizedText.Of(bytes, "low", "a"), TokenizedText.Of(merging, "low", "b")]);
        Assert.Equal(2, Shown.Html(comparison).Split("<section>").Length - 1);
        Assert.Equal("a: 3 tokens, 3 bytes, 1 bytes per token\nl|o|w\n\nb: 1 tokens, 3 bytes, 3 bytes per token\nlow", Shown.Text(comparison));
        Assert.Throws<ArgumentException>(() => new TokenComparison([]));
        Assert.Throws<ArgumentException>(() => new TokenComparison([TokenizedText.Of(bytes, "a"), TokenizedText.Of(bytes, "b")]));
    }
}

public sealed class TokensMagicTests
{
    private readonly FakeNotebook notebook = new();
    private readonly LabExtension extension = new();

    public TokensMagicTests() => notebook.Set("bytes", Bpe.OfMerges([], PreTokenizer.Gpt2));

    [Fact]
    public async Task It_shows_a_variable_that_the_cell_sets_by_several_tokenizers()
    {
        await notebook.RunAsync(extension, "#!tokens text bytes low\nvar text = ...", () =>
        {
            Assert.Empty(notebook.Displays);
            notebook.Set("text", "low");
            notebook.Set("low", Bpe.OfMerges([('l', 'o')], PreTokenizer.Gpt2));
        });
        var comparison = Assert.IsType<TokenComparison>(Assert.Single(notebook.Displays));
        Assert.Equal([("bytes", 3), ("low", 2)], comparison.Texts.Select(text => (text.Tokenizer, text.Tokens.Count)));
    }

    [Fact]
    public async Task The_text_may_stand_in_quotes()
    {
        await notebook.RunAsync(extension, "#!tokens \"a b\" bytes");
        Assert.Equal("a b", Assert.IsType<TokenComparison>(Assert.Single(notebook.Displays)).Texts[0].Text);
    }

    [Theory]
    [InlineData("#!tokens", "takes a text and at least one tokenizer")]
    [InlineData("#!tokens \"a b\"", "takes a text and at least one tokenizer")]
    [InlineData("#!tokens \"a b bytes", "takes a text and at least one tokenizer")]
    [InlineData("#!tokens nothing bytes", "There is no text in a variable 'nothing'. Variables that hold one: none.")]
    [InlineData("#!tokens \"a\" byte", "There is no tokenizer in a variable 'byte'. Variables that hold one: bytes.")]
    public async Task Wrong_use_is_told(string cell, string problem) =>
        Assert.Contains(problem, (await Assert.ThrowsAsync<Lab.Abstractions.MagicException>(() => notebook.RunAsync(extension, cell))).Message);

    [Fact]
    public async Task A_lone_surrogate_is_told()
    {
        notebook.Set("text", "\ud800");
        Assert.Contains("lone surrogate", (await Assert.ThrowsAsync<Lab.Abstractions.MagicException>(() => notebook.RunAsync(extension, "#!tokens text bytes"))).Message);
    }
}
