using System.Text;
using Lab.Generation;
using Lab.Nn;
using Lab.Text;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class WordLmTests : IDisposable
{
    private static readonly byte[] sentence = Encoding.UTF8.GetBytes("the cats of the towns saw elephantine things, once or twice a day ");

    private readonly IDisposable scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    public static TheoryData<int, BackboneMask> Shapes => new()
    {
        { 1, BackboneMask.Causal },
        { 3, BackboneMask.Causal },
        { 3, BackboneMask.BlockCausal },
    };

    private static WordLm Model(int prefixes = 1, BackboneMask mask = BackboneMask.Causal, int mostBytes = 16, int context = 16)
    {
        using var generator = manual_seed(5);
        var model = new WordLm(new(16, 2, prefixes == 1 ? 32 : 16, 2, context) { CharHeads = 2, Heads = 2, Prefixes = prefixes, Mask = mask, MaxWordBytes = mostBytes });
        using var noGrad = no_grad();
        foreach (var parameter in model.parameters()) parameter.mul_(3); // far from uniform, so that every dependence shows
        model.eval();
        return model;
    }

    // Logits of every word of one window: [length + 1, 257] each.
    private static Tensor[] Logits(WordLm model, WordText text, int mostBytes = 16)
    {
        using var noGrad = no_grad();
        var batch = WordBatch.Of(text, [0], text.Count, mostBytes);
        var words = new Tensor[text.Count];
        foreach (var (bucket, logits) in batch.Buckets.Zip(model.call(batch)))
            for (var i = 0; i < bucket.Rows.shape[0]; i++)
                words[(int)bucket.Rows[i].item<long>()] = logits[i];
        return words;
    }

    private static WordText Split(byte[] text, int mostBytes = 16) => WordSplitter.Whitespace.Split(text, mostBytes);

    [Theory, MemberData(nameof(Shapes))]
    public void A_changed_byte_changes_nothing_before_itself(int prefixes, BackboneMask mask)
    {
        var (model, text) = (Model(prefixes, mask), Split(sentence));
        var before = Logits(model, text);
        for (var at = 0; at < sentence.Length; at++)
        {
            if (sentence[at] == ' ') continue;
            var changed = sentence.ToArray();
            changed[at] = (byte)'z';
            var word = Enumerable.Range(0, text.Count).Last(w => text.Starts[w] <= at);
            var after = Logits(model, new(changed, text.Starts));
            for (var w = 0; w < word; w++) Assert.True(before[w].equal(after[w]).all().item<bool>());
            var place = at - text.Starts[word]; // the logits of this byte and of those before it
            Near.Equal(before[word].narrow(0, 0, place + 1), after[word].narrow(0, 0, place + 1));
            Assert.True(Near.RelativeError(before[word].narrow(0, place + 1, 1), after[word].narrow(0, place + 1, 1)) > 1e-3);
            if (word + 1 < text.Count) Assert.True(Near.RelativeError(before[word + 1], after[word + 1]) > 1e-4);
        }
    }

    [Theory, InlineData(1), InlineData(3)]
    public void The_encoder_reads_a_word_in_both_directions_and_no_other(int prefixes)
    {
        var model = Model(prefixes);
        var one = model.Encode(Batch("cats dogs birds "));
        var last = model.Encode(Batch("catz dogs birds "));
        Assert.True(Near.RelativeError(one[0, 0], last[0, 0]) > 1e-3);
        Assert.True(one.narrow(1, 1, 2).equal(last.narrow(1, 1, 2)).all().item<bool>());

        static WordBatch Batch(string text) => WordBatch.Of(Split(Encoding.ASCII.GetBytes(text)), [0], 3, 16);
    }

    [Theory, InlineData(BackboneMask.Causal), InlineData(BackboneMask.BlockCausal)]
    public void The_vectors_of_a_word_see_each_other_only_under_the_block_causal_mask(BackboneMask mask)
    {
        var model = Model(prefixes: 3, mask);
        var before = First();
        using (no_grad()) model.get_parameter("start")![2, 0].add_(1); // of the last of the start word's vectors
        var after = First();
        for (var vector = 0; vector < 2; vector++)
            if (mask == BackboneMask.Causal) Assert.True(before[vector].equal(after[vector]).all().item<bool>());
            else Assert.True(Near.RelativeError(before[vector], after[vector]) > 1e-3);
        Assert.True(Near.RelativeError(before[2], after[2]) > 1e-3);

        Tensor First() // what stands for the first word, [p, d]
        {
            using var cache = new KeyValueCache(model.BackboneOptions);
            using var noGrad = no_grad();
            return model.Next(null, cache)[0];
        }
    }

    [Fact]
    public void With_one_vector_per_word_both_masks_are_the_same()
    {
        var text = Split(sentence);
        var (causal, block) = (Logits(Model(mask: BackboneMask.Causal), text), Logits(Model(mask: BackboneMask.BlockCausal), text));
        foreach (var (a, b) in causal.Zip(block)) Assert.True(a.equal(b).all().item<bool>());
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_cache_of_words_gives_what_the_full_pass_gives(int prefixes, BackboneMask mask)
    {
        var (model, text) = (Model(prefixes, mask), Split(sentence));
        using var noGrad = no_grad();
        using var cache = new KeyValueCache(model.BackboneOptions);
        foreach (var end in new[] { 0, 1, 5, 6, text.Count - 1 }) // words that the cache holds: one or several come at a time
        {
            using var words = end == 0 ? null : WordBatch.Of(text, [cache.Length / prefixes - 1], end - cache.Length / prefixes + 1, 16);
            var cached = model.Next(words, cache)[0];
            using var whole = new KeyValueCache(model.BackboneOptions);
            using var all = end == 0 ? null : WordBatch.Of(text, [0], end, 16);
            Near.Equal(model.Next(all, whole)[0], cached);
        }
    }

    [Fact]
    public void The_first_byte_is_predicted_from_the_words_before_alone()
    {
        var model = Model();
        var (a, b) = (Logits(model, Split("the cats "u8.ToArray())), Logits(model, Split("the dogs "u8.ToArray())));
        Near.Equal(a[1][0], b[1][0]);
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Words_of_other_lengths_in_the_batch_change_nothing(int prefixes, BackboneMask mask)
    {
        var (model, text) = (Model(prefixes, mask), Split(sentence));
        using var two = WordBatch.Of(text, [0, 4], 6, 16);
        using var first = WordBatch.Of(text, [0], 6, 16);
        using var second = WordBatch.Of(text, [4], 6, 16);
        var alone = model.Loss(first).item<float>() * first.Units + model.Loss(second).item<float>() * second.Units;
        Assert.Equal(alone / two.Units, model.Loss(two).item<float>(), 1e-5f);
    }

    [Fact]
    public void A_batch_holds_every_byte_and_end_once_whatever_the_buckets()
    {
        var text = Split(sentence);
        using var batch = WordBatch.Of(text, [0, 1], 10, 16);
        var places = batch.Buckets.SelectMany(bucket => bucket.Rows.data<long>().ToArray()).ToArray();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (long)i), places.Order());
        Assert.Equal(batch.Units, batch.Buckets.Sum(bucket => bucket.Next.numel()));
        var distinct = batch.Buckets.SelectMany(bucket => Enumerable.Range(0, (int)bucket.Distinct.shape[0]).Select(i => bucket.Distinct[i].data<long>().Select(symbol => (byte)symbol).ToArray())).ToArray();
        Assert.Equal(distinct.Length, distinct.Select(Encoding.UTF8.GetString).Distinct().Count());
        for (var row = 0; row < 20; row++) Assert.Equal(text[row / 10 + row % 10].ToArray(), distinct[batch.Reading[row].item<long>()]);
    }

    [Fact]
    public void Probabilities_of_all_words_up_to_a_length_and_of_longer_ones_sum_to_1()
    {
        var model = Model(mostBytes: 3);
        byte[] alphabet = [(byte)'a', (byte)'b', (byte)'c'];
        using var noGrad = no_grad();
        var (total, longer) = (0.0, 0.0);
        foreach (var first in alphabet)
        {
            total += Probability([first], closed: true);
            foreach (var second in alphabet) total += Probability([first, second], closed: true);
            foreach (var second in alphabet) longer += Probability([first, second], closed: false);
        }
        Assert.Equal(1, total + longer, 5);
        Assert.True(longer > 1e-4 && total > 1e-4);

        // Renormalised over the alphabet and, behind a byte, the end. What is closed ends there, the rest goes on.
        double Probability(byte[] word, bool closed)
        {
            var logits = Logits(model, new([(byte)'a', (byte)' ', .. word], [0, 2, 2 + word.Length]), 3)[1];
            var product = 1.0;
            for (var place = 0; place <= word.Length; place++)
            {
                long[] symbols = [.. alphabet.Select(symbol => (long)symbol), .. place > 0 ? new[] { (long)WordBatch.EndOfWord } : []];
                var law = logits[place].index_select(0, tensor(symbols)).softmax(0);
                product *= place < word.Length ? law[Array.IndexOf(symbols, (long)word[place])].item<float>() : closed ? law[^1].item<float>() : 1 - law[^1].item<float>();
            }
            return product;
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Nested_greedy_generation_writes_what_repeated_full_passes_write(int prefixes, BackboneMask mask)
    {
        var model = Model(prefixes, mask, mostBytes: 5, context: 12);
        var prompt = Split("the cat saw "u8.ToArray(), 5);
        var written = WordSampler.Sample(model, prompt, 6, new() { Temperature = 0 });

        var (bytes, starts) = (prompt.Bytes.ToList(), prompt.Starts.ToList());
        for (var word = 0; word < 6; word++)
        {
            var length = 0;
            for (; length < 5; length++)
            {
                var logits = Logits(model, new([.. bytes, 0], [.. starts, bytes.Count + 1]), 5)[^1][length].data<float>().ToArray(); // a zero byte stands where the next one goes
                if (length == 0) logits[WordBatch.EndOfWord] = float.NegativeInfinity;
                var best = Array.IndexOf(logits, logits.Max());
                if (best == WordBatch.EndOfWord) break;
                bytes.Add((byte)best);
            }
            starts.Add(bytes.Count);
        }
        Assert.Equal(bytes.Skip(prompt.Bytes.Length), written);
    }

    [Fact]
    public void Generation_needs_no_prompt_and_goes_on_beyond_the_context()
    {
        var model = Model(mostBytes: 4, context: 4);
        var written = WordSampler.Sample(model, Split([]), 11, new() { Seed = 1 });
        Assert.InRange(written.Length, 11, 44);
        Assert.Equal(written, WordSampler.Sample(model, Split([]), 11, new() { Seed = 1 }));
    }

    [Fact]
    public void Words_of_one_byte_make_the_backbone_a_byte_model()
    {
        var text = WordSplitter.FixedBytes(1).Split("abc"u8.ToArray(), 1);
        using var batch = WordBatch.Of(text, [0], 3, 1);
        var bucket = Assert.Single(batch.Buckets);
        Assert.Equal([3, 2], bucket.Next.shape); // one step for the byte, one for the end
        Assert.Equal(2 * 3, batch.Units);
    }

    [Fact]
    public void Sizes_and_words_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordLm(new(16, 1, 16, 1, 8) { Prefixes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WordLm(new(16, 1, 16, 1, 8) { MaxWordBytes = 0 }));
        Assert.Throws<ArgumentException>(() => new WordLm(new(16, 1, 16, 1, 1)));
        Assert.Contains("whole blocks, got 4 behind 0", Assert.Throws<ArgumentException>(() => new CausalStack(16, 1, 1, 6, block: 3).call(zeros(1, 4, 16))).Message);
        Assert.Contains("more than 4", Assert.Throws<ArgumentException>(() => WordBatch.Of(Split("elephant"u8.ToArray()), [0], 1, 4)).Message);
        Assert.Contains("0 of 2", Assert.Throws<ArgumentException>(() => WordBatch.Of(Split("a "u8.ToArray()), [], 2, 4)).Message);
        Assert.Contains("beyond the 1 words", Assert.Throws<ArgumentException>(() => WordBatch.Of(Split("a"u8.ToArray()), [0], 2, 4)).Message);
        Assert.Contains("longer than the context", Assert.Throws<ArgumentException>(() => Logits(Model(context: 4), Split(sentence))).Message);
    }
}
