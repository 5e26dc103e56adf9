using System.Text;
using Lab.Data.Grammars;
using Lab.Papers.ExactByteProbabilities;
using Lab.Tests.Text;
using Lab.Text;
using static Lab.Tests.Papers.ExactByteProbabilities.ToyLaws;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public sealed class ByteViewTests : IDisposable
{
    private static readonly string text = new Grammar().Text(3, 20_000);
    private static readonly Bpe bpe = Texts.Trained(text, 420, PreTokenizer.SpacePrefix, [.. FillInTheMiddle.SpecialTokens]);
    private static readonly int[] context = bpe.Encode("Ta");
    private readonly Lab.Nn.Decoder decoder = Random(bpe.Vocabulary.Size);
    private readonly DecoderTokens model;

    public ByteViewTests() => model = new DecoderTokens(decoder, bpe);

    public void Dispose()
    {
        model.Dispose();
        decoder.Dispose();
    }

    private static byte[] Sample(int document, int length) => Encoding.UTF8.GetBytes(" " + new Grammar().Document(9, document).Text)[..length];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void One_encoding_ends_with_the_text_and_it_is_the_texts_own(int language)
    {
        var bytes = Encoding.UTF8.GetBytes(" " + new Grammar().Document(9, 1, language).Text)[..40]; // Greek ends inside characters
        var view = new ByteView(model, context);
        for (var i = 0; i < bytes.Length; i++)
        {
            view.Append(bytes[i]);
            var ended = Assert.Single(view.Cover, c => c.Overhang == 0);
            Assert.Equal(bpe.Encode(bytes.AsSpan(0, i + 1)), ended.Tokens);
            Assert.Equal(view.Cover.Count, view.Cover.Select(c => Convert.ToHexString(bpe.Decode([.. c.Tokens]))).Distinct().Count());
            Near(1, view.Law().Sum(), 1e-12);
        }
    }

    [Fact]
    public void A_view_behind_a_prompt_is_one_that_has_read_it_whole()
    {
        for (var length = 1; length < 30; length += 4)
        {
            var prompt = Sample(2, length);
            var whole = new ByteView(model, context);
            foreach (var value in prompt) whole.Append(value);
            Assert.All(whole.Law().Zip(ByteView.Behind(model, prompt, context).Law()), pair => Near(pair.First, pair.Second, 1e-6));
        }
    }

    [Fact]
    public void Where_a_piece_must_begin_exact_and_canonical_code_lengths_are_equal()
    {
        var bytes = Sample(4, 60);
        var ends = Enumerable.Range(1, bytes.Length - 1).Where(i => bytes[i] == ' ' && bytes[i - 1] != ' ').ToArray();
        Assert.True(ends.Length > 3);
        var view = new ByteView(model, context);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (ends.Contains(i))
            {
                var canonical = bpe.Encode(bytes.AsSpan(0, i));
                var law = model.LogProbabilities([.. context, .. canonical]);
                var space = Math.Log(bpe.Vocabulary.StartingWith(" "u8).ToArray().Where(token => ValidPairs.Of(bpe).Following(canonical)[token]).Sum(token => Math.Exp(law[token])));
                view.Append(bytes[i]);
                Near(LogProbability(model, context, canonical) + space, view.LogProbability, 1e-5);
                Assert.All(view.Cover, c => Assert.Equal(canonical, c.Tokens.Take(canonical.Length)));
            }
            else
            {
                view.Append(bytes[i]);
            }
        }
    }

    [Fact]
    public void A_prompt_may_end_inside_a_character()
    {
        var greek = Encoding.UTF8.GetBytes(" " + new Grammar().Document(9, 1, language: 2).Text);
        var cut = Array.FindIndex(greek, b => b >= 0xC0) + 1; // behind the first byte of a letter
        var law = ByteView.Behind(model, greek.AsSpan(0, cut), context).Law();
        Assert.Equal(256, law.Length);
        Assert.All(law, probability => Assert.InRange(probability, 0, 1));
        Assert.True(law[0x80..0xC0].Sum() > 0);
    }

    [Fact]
    public void Tokens_that_are_no_encodings_are_counted_only_if_asked()
    {
        var (exact, fast, furthest) = (new ByteView(model, context), new ByteView(model, context) { CountsInvalidTokens = true }, 0.0);
        foreach (var value in Sample(3, 30))
        {
            exact.Append(value);
            fast.Append(value);
            Near(1, fast.Law().Sum(), 1e-12);
            Assert.Equal(exact.Cover.Count, fast.Cover.Count);
            furthest = Math.Max(furthest, exact.Law().Zip(fast.Law()).Max(pair => Math.Abs(pair.First - pair.Second)));
        }
        Assert.True(furthest > 1e-3, $"{furthest}"); // this decoder has learned nothing, so it gives them something
    }

    [Fact]
    public void An_ensemble_of_a_model_with_itself_is_the_model_and_of_two_their_mean()
    {
        using var otherDecoder = Random(300);
        using var other = new DecoderTokens(otherDecoder, Texts.Trained(text, 300, PreTokenizer.SpacePrefix));
        ByteView Mine() => new(model, context);
        ByteView Theirs() => new(other, other.Tokenizer.Encode("Ta"));

        var bytes = Sample(5, 25);
        var (alone, twice, pair, mine, theirs) = (Mine(), new ByteEnsemble([Mine(), Mine()]), new ByteEnsemble([Mine(), Theirs()], [0.25, 0.75]), Mine(), Theirs());
        foreach (var value in bytes)
        {
            Assert.All(alone.Law().Zip(twice.Law()), laws => Near(laws.First, laws.Second, 1e-12));
            Assert.All(mine.Law().Zip(theirs.Law()).Zip(pair.Law()), laws => Near(0.25 * laws.First.First + 0.75 * laws.First.Second, laws.Second, 1e-12));
            foreach (var view in new INextByteModel[] { alone, twice, pair, mine, theirs }) view.Append(value);
        }
    }

    [Fact]
    public void An_ensemble_needs_no_more_bits_than_its_members_do_on_average()
    {
        using var otherDecoder = Random(300);
        using var other = new DecoderTokens(otherDecoder, Texts.Trained(text, 300, PreTokenizer.SpacePrefix));
        ByteView Mine() => new(model, context);
        ByteView Theirs() => new(other, other.Tokenizer.Encode("Ta"));
        var bytes = Sample(6, 60);
        var mean = (ByteText.Bits(Mine(), bytes).Sum() + ByteText.Bits(Theirs(), bytes).Sum()) / 2;
        Assert.True(ByteText.Bits(new ByteEnsemble([Mine(), Theirs()]), bytes).Sum() < mean);
    }

    [Fact]
    public void Weights_of_an_ensemble_fit_its_models()
    {
        Assert.Throws<ArgumentException>(() => new ByteEnsemble([]));
        Assert.Throws<ArgumentException>(() => new ByteEnsemble([new ByteView(model, context)], [0.5]));
        Assert.Throws<ArgumentException>(() => new ByteEnsemble([new ByteView(model, context)], [0.5, 0.5]));
        Assert.Throws<ArgumentException>(() => new ByteEnsemble([new ByteView(model, context), new ByteView(model, context)], [1.5, -0.5]));
    }

    [Fact]
    public void The_law_of_a_decoder_is_that_of_the_whole_prefix_whatever_was_asked_before()
    {
        var random = new Random(1);
        for (var i = 0; i < 40; i++)
        {
            var prefix = Enumerable.Range(0, 1 + random.Next(40)).Select(_ => random.Next(5)).ToArray(); // many common beginnings
            using var fresh = new DecoderTokens(decoder, bpe);
            Assert.All(fresh.LogProbabilities(prefix).Zip(model.LogProbabilities(prefix)), pair => Near(pair.First, pair.Second, 1e-4));
        }
        Near(1, model.LogProbabilities([1]).Sum(Math.Exp), 1e-9);
        Assert.Equal(bpe.Vocabulary.Size, model.LogProbabilities([.. Enumerable.Repeat(3, 200)]).Length); // longer than the context
        Assert.Contains("give a context", Assert.Throws<ArgumentException>(() => model.LogProbabilities([])).Message);
    }

    [Fact]
    public void Reading_bytes_leaves_no_tensor_behind()
    {
        LiveTensors.NothingStays(() => ByteText.Bits(new ByteView(model, context), Sample(1, 20)));
    }

    [Fact]
    public void A_gap_is_filled_behind_the_marks_and_its_prefix_may_end_inside_a_token()
    {
        var fill = new FillInTheMiddle(bpe);
        var bytes = Sample(7, 60);
        var (prefix, suffix) = (bytes[..23], bytes[31..]);

        var view = ByteView.Behind(model, prefix, fill.Context(suffix));
        Assert.Equal(8, ByteText.Sample(view, 8, new() { Temperature = 0 }).Length);

        // The mark ends what precedes it: the encoding behind it is that of prefix and middle alone.
        var trained = fill.Rearrange(bytes, 23, 8);
        Assert.Equal([.. fill.Context(suffix), .. bpe.Encode(bytes.AsSpan(0, 31)), bpe.Vocabulary.SpecialTokens["<END>"]], trained);
        Assert.Equal(bytes.Length, bpe.Decode(trained.Where(id => !bpe.Vocabulary.SpecialTokens.Values.Contains(id)).ToArray()).Length);
        var whole = new ByteView(model, fill.Context(suffix));
        foreach (var value in prefix) whole.Append(value);
        Assert.Contains(whole.Cover, c => c.Tokens.SequenceEqual(trained.Skip(fill.Context(suffix).Length).Take(c.Tokens.Count)));
    }

    [Fact]
    public void Training_tokens_have_gaps_in_a_share_of_the_stretches_and_lose_no_byte()
    {
        var fill = new FillInTheMiddle(bpe);
        var bytes = Encoding.UTF8.GetBytes(text);
        var tokens = fill.TrainingTokens(bytes, stretch: 100, share: 0.5, seed: 1);
        var marks = tokens.Count(id => id == bpe.Vocabulary.SpecialTokens["<MID>"]);
        Assert.InRange(marks / (bytes.Length / 100.0), 0.4, 0.6);
        Assert.Equal(bytes.Length, bpe.Decode(tokens.Where(id => !bpe.Vocabulary.SpecialTokens.Values.Contains(id)).ToArray()).Length);
        Assert.Equal(tokens, fill.TrainingTokens(bytes, 100, 0.5, 1));
        Assert.DoesNotContain(bpe.Vocabulary.SpecialTokens["<MID>"], fill.TrainingTokens(bytes, 100, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => fill.TrainingTokens(bytes, 10, 0.5, 1));
        Assert.Contains("<PRE>", Assert.Throws<ArgumentException>(() => new FillInTheMiddle(Bpe.OfMerges([], PreTokenizer.SpacePrefix))).Message);
    }

    [Fact]
    public void Prompts_before_a_gap_end_inside_a_token_and_give_their_text_back()
    {
        var fill = new FillInTheMiddle(bpe);
        var bytes = Encoding.UTF8.GetBytes(text);
        var prompts = fill.Prompts(bytes, stretch: 100, count: 60, seed: 3);
        Assert.Equal(60, prompts.Count);
        Assert.All(prompts, prompt =>
        {
            Assert.InRange(prompt.Rest.Length, 4, 24);
            var suffix = bpe.Decode(prompt.Context.Where(id => !bpe.Vocabulary.SpecialTokens.Values.Contains(id)).ToArray());
            Assert.True(bytes.AsSpan().IndexOf([.. prompt.Prompt, .. prompt.Rest, .. suffix]) >= 0);
            int[] whole = bpe.Encode([.. prompt.Prompt, .. prompt.Rest]);
            Assert.DoesNotContain(prompt.Prompt.Length, Enumerable.Range(0, whole.Length).Select(count => bpe.Decode(whole.AsSpan(0, count)).Length));
        });
        Assert.Equal(prompts.Select(p => p.Prompt), fill.Prompts(bytes, 100, 60, 3).Select(p => p.Prompt));
        Assert.Empty(fill.Prompts(bytes.AsSpan(0, 90), 100, 60, 3));
    }

    [Fact]
    public void The_mass_on_invalid_tokens_is_what_valid_ones_leave()
    {
        var view = new ByteView(model, context);
        foreach (var value in Sample(3, 12))
        {
            view.Append(value);
            var ended = view.Cover.Single(c => c.Overhang == 0).Tokens;
            var law = model.LogProbabilities([.. context, .. ended]);
            var valid = Enumerable.Range(0, law.Length).Where(token => !bpe.Vocabulary.SpecialTokens.Values.Contains(token))
                .Where(token => bpe.Encode(bpe.Decode([.. ended, token])).SequenceEqual([.. ended, token])).Sum(token => Math.Exp(law[token]));
            var special = bpe.Vocabulary.SpecialTokens.Values.Sum(token => Math.Exp(law[token]));
            Near(1 - valid - special, view.InvalidMass(), 1e-6);
        }
    }

    [Fact]
    public void Completions_have_their_length_and_go_on_where_the_text_ends()
    {
        var prompt = Sample(8, 21);
        Assert.Equal(10, NaiveBytes.Complete(model, prompt, 10, context).Length);
        Assert.Equal(10, TokenHealing.Complete(model, prompt, 10, context).Length);
        Assert.Equal(10, TokenHealing.Complete(model, [], 10, context).Length);
        Near(1, TokenHealing.Law(model, prompt, context).Sum(), 1e-12);

        // "Ta": after it, the healed completion of T is forced to spell what the model finds likeliest.
        var healed = TokenHealing.Complete(TwoLetters, Ascii("BBA"), 2);
        Assert.Equal(Ascii("AA")[..1], healed[..1]); // AA is likelier than A
        Assert.Equal((byte)'B', NaiveBytes.Complete(TwoLetters, Ascii("BBA"), 1)[0]);
    }
}
