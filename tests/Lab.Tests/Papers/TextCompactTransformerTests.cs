using Lab.Papers.CompactTransformers;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class TextCompactTransformerTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();

    private static TextCctOptions Tiny => TextCctOptions.Cct2 with { KernelSize = 2, VocabularySize = 50, WordDim = 12, Words = 16, Size = new(2, 2, 1, 16) };

    public void Dispose() => scope.Dispose();

    public static TheoryData<TextCctOptions, double> Reported => new()
    {
        { TextCctOptions.Cct2 with { KernelSize = 1 }, 0.238 },
        { TextCctOptions.Cct2 with { KernelSize = 2 }, 0.276 },
        { TextCctOptions.Cct2 with { KernelSize = 4 }, 0.353 },
        { TextCctOptions.Cct4 with { KernelSize = 1 }, 0.436 },
        { TextCctOptions.Cct4 with { KernelSize = 2 }, 0.475 },
        { TextCctOptions.Cct4 with { KernelSize = 4 }, 0.551 },
        { TextCctOptions.Cct6 with { KernelSize = 1 }, 3.237 },
        { TextCctOptions.Cct6 with { KernelSize = 2 }, 3.313 },
        { TextCctOptions.Cct6 with { KernelSize = 4 }, 3.467 },
    };

    [Theory]
    [MemberData(nameof(Reported))]
    public void Parameters_without_words_and_positions_are_those_reported_for_AGNews(TextCctOptions options, double millions)
    {
        using var model = new TextCompactTransformer(options with { VocabularySize = 10 });
        var counted = model.named_parameters().Where(p => p.name is not ("embedder.embeddings.weight" or "classifier.positional_emb"));
        Assert.Equal(millions, counted.Sum(p => p.parameter.numel()) / 1e6, tolerance: 0.0006);
    }

    [Fact]
    public void Names_are_those_of_the_reference_repository()
    {
        using var model = new TextCompactTransformer(Tiny);
        var names = model.state_dict().Keys;
        Assert.Contains("embedder.embeddings.weight", names);
        Assert.Contains("tokenizer.conv_layers.0.weight", names);
        Assert.Contains("classifier.blocks.1.self_attn.qkv.weight", names);
        Assert.Contains("classifier.attention_pool.bias", names);
    }

    [Fact]
    public void Every_official_model_classifies_a_text()
    {
        foreach (var options in TextCctOptions.Official)
        {
            using var model = new TextCompactTransformer(options with { VocabularySize = 10 });
            model.eval();
            var logits = model.call(ones(2, 64, ScalarType.Int64), ones(2, 64, ScalarType.Bool));
            Assert.Equal([2, 4], logits.shape);
        }
    }

    [Theory]
    [InlineData(1, 64, 34)] // (64 + 2 - 1) + 1 = 66 windows; halved with padding: 34
    [InlineData(2, 64, 33)]
    [InlineData(4, 64, 33)]
    public void A_text_gives_this_many_tokens(int kernel, int words, int expected)
    {
        var options = Tiny with { KernelSize = kernel, Words = words };
        using var tokenizer = new TextTokenizer(12, 16, options.Windows);
        Assert.Equal(expected, options.Tokens);
        Assert.Equal([1, expected, 16], tokenizer.call(zeros(1, words, 12), null).shape);
    }

    [Fact]
    public void A_token_stands_for_words_if_its_window_met_one()
    {
        using var tokenizer = new TextTokenizer(12, 16, Tiny.Windows); // kernel 2, padding 1; pool 2, stride 2, padding 1
        var mask = zeros(1, 16, ScalarType.Bool);
        mask[0, 4] = true; // windows 4 and 5 of the convolution meet it: tokens 2 (windows 3, 4) and 3 (windows 5, 6)

        var tokenMask = tokenizer.TokenMask(mask);

        Assert.Equal([9], tokenMask.shape[1..]);
        Assert.Equal([2, 3], tokenMask[0].nonzero().flatten().data<long>());
        var tokens = tokenizer.call(randn(1, 16, 12), mask);
        Assert.Equal(0f, tokens[0, 4..].abs().sum().item<float>());
    }

    [Fact]
    public void What_stands_in_the_padding_does_not_matter()
    {
        using var model = new TextCompactTransformer(Tiny);
        model.eval();
        var words = randint(2, 50, [2, 16]);
        var mask = arange(16).unsqueeze(0).expand(2, 16) < 9;
        var other = words.clone();
        other[.., 9..] = 7L;
        Near.Equal(model.call(words, mask), model.call(other, mask));
        Assert.True(Near.RelativeError(model.call(words, null), model.call(other, null)) > 1e-4);
    }

    [Fact]
    public void A_text_of_another_length_than_the_table_is_an_error()
    {
        using var model = new TextCompactTransformer(Tiny);
        var message = Assert.Throws<ArgumentException>(() => model.call(ones(1, 20, ScalarType.Int64), null)).Message;
        Assert.Contains("9 rows", message);
        Assert.Contains("11 tokens", message);
    }

    [Fact]
    public void The_padding_word_starts_at_zero()
    {
        using var model = new TextCompactTransformer(Tiny);
        Assert.Equal(0f, model.get_parameter("embedder.embeddings.weight")![1].abs().sum().item<float>());
    }

    [Fact]
    public void Options_that_do_not_fit_are_named()
    {
        Assert.Contains("Patches of 4 words do not divide a text of 18 words",
            Assert.Throws<ArgumentException>(() => new TextCompactTransformer(TextCctOptions.Cvt2 with { Words = 18 })).Message);
        Assert.Contains("its width must be WordDim 12, got 300",
            Assert.Throws<ArgumentException>(() => new TextCompactTransformer(TextCctOptions.Transformer2 with { WordDim = 12 })).Message);
    }
}
