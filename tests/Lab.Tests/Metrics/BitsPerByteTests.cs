using Lab.Metrics;
using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Tests.Metrics;

public sealed class BitsPerByteTests : IDisposable
{
    private readonly IDisposable scope = NewDisposeScope();
    private readonly Bpe bytes = Bpe.OfMerges([('a', 'b')], PreTokenizer.SpacePrefix);

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(24)]
    [InlineData(203)]
    [InlineData(208)]
    public void Every_token_but_the_first_is_scored_once_with_at_least_half_a_context(int count)
    {
        using var noGrad = no_grad();
        using var model = Model(context: 16);
        var tokens = bytes.Encode(new string([.. Enumerable.Range(0, count).Select(i => "xyzw"[i * i % 7 % 4])]));
        Assert.Equal(count, tokens.Length);

        var nats = 0.0;
        for (var i = 1; i < count; i++)
        {
            // The window that scores token i: the first one, one of those that advance by 8, or the one at the end.
            var start = i < 16 ? 0 : (i / 8 - 1) * 8;
            if (start + 16 > count) start = Math.Max(0, count - 16);
            var ids = tensor(tokens[start..i].Select(id => (long)id).ToArray()).unsqueeze(0);
            nats -= nn.functional.log_softmax(model.call(ids)[0, -1], -1)[tokens[i]].item<float>();
            Assert.True(i - start >= Math.Min(8, i));
        }

        var score = BitsPerByte.Of(model, tokens, bytes.Vocabulary);
        Assert.Equal(count - 1, score.Bytes);
        Assert.Equal(nats / Math.Log(2), score.Bits, 1e-3 * score.Bits);
    }

    [Fact]
    public void Bytes_are_those_of_the_scored_tokens()
    {
        using var model = Model(context: 16);
        Assert.Equal(4, BitsPerByte.Of(model, bytes.Encode("ababxy"), bytes.Vocabulary).Bytes);
        Assert.Throws<ArgumentException>(() => BitsPerByte.Of(model, bytes.Encode("ab"), bytes.Vocabulary));
    }

    [Fact]
    public void A_model_that_has_seen_nothing_is_as_good_as_the_uniform_one()
    {
        manual_seed(1);
        using var model = new Decoder(DecoderOptions.Nano(257));
        model.eval();
        var score = BitsPerByte.Of(model, bytes.Encode(string.Concat(Enumerable.Repeat("ab cd ", 60))), bytes.Vocabulary);
        var tokens = bytes.Encode(string.Concat(Enumerable.Repeat("ab cd ", 60))).Length - 1;
        Assert.InRange(score.Value / (Math.Log2(257) * tokens / score.Bytes), 0.95, 1.05);
    }

    private static Decoder Model(int context)
    {
        manual_seed(2);
        var model = new Decoder(new(257, 16, 2, 2, context));
        using var noGrad = no_grad();
        foreach (var parameter in model.parameters()) parameter.add_(randn_like(parameter) * 0.2);
        model.eval();
        return model;
    }
}
