using Lab.Papers.ExactByteProbabilities;
using Lab.Text;
using static Lab.Tests.Papers.ExactByteProbabilities.ToyLaws;

namespace Lab.Tests.Papers.ExactByteProbabilities;

public sealed class ClosedFormTests
{
    private const int AA = 256;

    [Fact]
    public void The_law_of_tokens_is_that_of_the_closed_form()
    {
        Row([AA], A * A, A * (1 - A), 1 - A);
        Row(['A'], 0, 0, 1);
        Row(['B'], B * A, B * (1 - A), 1 - B);

        static void Row(int[] prefix, double aa, double a, double b)
        {
            var law = TwoLetters.LogProbabilities(prefix);
            Near(aa, Math.Exp(law[AA]), 1e-12);
            Near(a, Math.Exp(law['A']), 1e-12);
            Near(b, Math.Exp(law['B']), 1e-12);
            Near(1, law.Sum(Math.Exp), 1e-12);
        }
    }

    [Fact]
    public void The_naive_law_of_the_two_letters_is_off_behind_an_odd_run_and_exact_bytes_never_are()
    {
        foreach (var (text, naive) in new[] { ("A", 0.0), ("AA", A), ("AAA", 0), ("BA", 0), ("BAAAA", A), ("BAAA", 0) })
        {
            Near(naive, NaiveBytes.Law(TwoLetters, Ascii(text))['A'], 1e-12);
            Near(A, TokenHealing.Law(TwoLetters, Ascii(text))['A'], 1e-12); // healing is exact here
            Near(A, ByteView.Behind(TwoLetters, Ascii(text)).Law()['A'], 1e-12);
        }
    }

    [Fact]
    public void Healing_fails_where_a_token_begins_before_the_last_and_exact_bytes_do_not()
    {
        var (naive, healed) = (NaiveBytes.Law(ThreeLetters, Ascii("cab")), TokenHealing.Law(ThreeLetters, Ascii("cab")));
        foreach (var law in new[] { naive, healed })
        {
            Near(0.5, law['a'], 1e-12);
            Near(0.5, law['b'], 1e-12);
            Near(0, law['c'], 1e-12);
        }

        var view = ByteView.Behind(ThreeLetters, Ascii("cab"));
        foreach (var letter in "abc") Near(1 / 3.0, view.Law()[letter], 1e-12);
        Near(1 / 27.0, Math.Exp(view.LogProbability), 1e-12);
    }

    [Fact]
    public void The_cover_of_cab_is_the_one_known()
    {
        var cover = new CoverSearch(ThreeLetters).Find(Ascii("cab")).OrderBy(c => c.Overhang).ToArray();
        Assert.Equal(2, cover.Length);
        Assert.Equal(['c', 'a', 'b'], cover[0].Tokens);
        Near(2 / 3.0, Math.Exp(cover[0].LogProbability) * 27, 1e-12);
        Assert.Equal(['c', 257], cover[1].Tokens);
        Assert.Equal(1, cover[1].Overhang);
        Near(1 / 3.0, Math.Exp(cover[1].LogProbability) * 27, 1e-12);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Of_a_chain_of_third_order_every_prefix_has_the_probability_of_its_cover_and_the_naive_law_does_not(long seed)
    {
        var (source, law) = Chain(seed);
        var search = new CoverSearch(law);
        var naiveErrors = new List<double>();
        for (var length = 0; length <= 8; length++)
            foreach (var text in source.Texts(length))
            {
                Near(source.Probability(text), Math.Exp(search.LogProbability(Ascii(text))), 1e-12);
                var exact = ByteView.Behind(law, Ascii(text)).Law();
                foreach (var (letter, probability) in source.Alphabet.Zip(source.Law(text))) Near(probability, exact[letter], 1e-12);
                if (length > 0 && law.Begins(law.Tokenizer.Encode(text))) // else the naive law is 0/0
                    naiveErrors.Add(Math.Abs(NaiveBytes.Law(law, Ascii(text))['A'] - source.Law(text)[0]));
            }
        Assert.True(naiveErrors.Max() > 0.2, $"{naiveErrors.Max()}");
        Assert.True(naiveErrors.Average() > 0.02, $"{naiveErrors.Average()}");
    }

    [Fact]
    public void Bytes_drawn_without_bias_follow_the_chain_and_naive_ones_do_not()
    {
        var counts = new int[4]; // AA, AB, BA, BB behind an odd run of A
        for (var draw = 0; draw < 10_000; draw++)
        {
            var drawn = ByteText.Sample(ByteView.Behind(TwoLetters, Ascii("BA")), 2, new() { Seed = draw });
            counts[(drawn[0] - 'A') * 2 + drawn[1] - 'A']++;
        }
        double[] truth = [A * A, A * (1 - A), (1 - A) * B, (1 - A) * (1 - B)];
        var chiSquare = Generation.SamplingTests.ChiSquare(counts, truth);
        Assert.True(chiSquare < 16.3, $"{chiSquare}"); // 3 degrees of freedom, p = 0.001
        Assert.Equal(0, NaiveBytes.Law(TwoLetters, Ascii("BA"))['A']); // would never draw the two most frequent
    }

    [Fact]
    public void A_text_whose_encoding_no_longer_text_begins_with_still_has_its_probability()
    {
        // B always follows A and both join: A alone is no beginning of an encoding.
        var law = new ExactTokenLm(new MarkovSource("AB", 1, context => context == "A" ? [0, 1] : [0.5, 0.5]), Bpe.OfMerges([('A', 'B')], PreTokenizer.SpacePrefix), 8);
        var view = ByteView.Behind(law, Ascii("BA"));
        Near(0.25, Math.Exp(view.LogProbability), 1e-12);
        Near(1, view.Law()['B'], 1e-12);
        Assert.Contains("0x41 has probability 0", Assert.Throws<InvalidOperationException>(() => view.Append((byte)'A')).Message);
        Assert.Contains("No text begins with the tokens 66 65", Assert.Throws<InvalidOperationException>(() => law.LogProbabilities(['B', 'A'])).Message);
    }
}
