using Lab.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>
/// A language model of three stacks: an encoder reads the bytes of a word and gives its vectors, a backbone predicts
/// from them what stands for the next word, and a decoder spells that out byte by byte. There is no vocabulary.
/// </summary>
/// <remarks>Sources: Neitemeier et al. 2025, section 3 (arXiv 2501.10322); with several vectors per word, Thawani et al. 2023, section 3 (arXiv 2310.11628).</remarks>
public sealed class WordLm : nn.Module<WordBatch, IReadOnlyList<Tensor>>
{
    private readonly WordEncoder encoder;
    private readonly Parameter start; // [p, D]: stands before the first word
    private readonly CausalStack backbone;
    private readonly WordDecoder decoder;
    private readonly Linear? intoBackbone, outOfBackbone; // W_E, W_D

    /// <exception cref="ArgumentException">A size outside its range, or heads that do not divide a width.</exception>
    public WordLm(WordLmOptions options) : base(nameof(WordLm))
    {
        options.Check();
        Options = options;
        encoder = new WordEncoder(options);
        start = new Parameter(randn(options.Prefixes, options.Width) * 0.02);
        backbone = new CausalStack(
            options.Width, options.Layers, options.Heads, options.Context * options.Prefixes, options.Mask == BackboneMask.BlockCausal ? options.Prefixes : 1);
        decoder = new WordDecoder(options);
        if (options.Projected)
        {
            // Not 0.02, as in the blocks: what a word says would start ten times too quiet.
            intoBackbone = Layers.Linear(options.CharWidth, options.Width, bias: false, std: 1 / Math.Sqrt(options.CharWidth));
            outOfBackbone = Layers.Linear(options.Width, options.CharWidth, bias: false, std: 1 / Math.Sqrt(options.Width));
            this.Register("w_e", intoBackbone);
            this.Register("w_d", outOfBackbone);
        }
        this.Register("encoder", encoder);
        this.Register("backbone", backbone);
        this.Register("decoder", decoder);
        register_parameter("start", start);
    }

    /// <summary>Sizes.</summary>
    public WordLmOptions Options { get; }

    /// <summary>Where a cache of the words so far begins.</summary>
    internal DecoderOptions BackboneOptions => backbone.Options;

    /// <summary>Where a cache of the bytes of one word begins.</summary>
    internal DecoderOptions DecoderOptions => decoder.Options;

    /// <param name="words">B windows of T words. Word t is predicted from the words before it in its window, the first from a start vector.</param>
    /// <returns>For each length, logits [n, c + 1, 257] of the bytes of its words and of their end; see <see cref="WordBucket.Next"/>.</returns>
    /// <exception cref="ArgumentException">Windows longer than the context.</exception>
    public override IReadOnlyList<Tensor> forward(WordBatch words)
    {
        using var scope = NewDisposeScope();
        var vectors = Encode(words); // [B, T, p, D]
        var before = cat([start.expand(words.Windows, 1, -1, -1), vectors.narrow(1, 0, words.Words - 1)], 1); // word t - 1 stands at t
        var predictive = Predict(backbone.call(before.flatten(1, 2))); // [B, T p, d]
        var rows = predictive.view(words.Windows * words.Words, Options.Prefixes, Options.CharWidth);
        var logits = decoder.call([.. words.Buckets.Select(bucket => rows.index_select(0, bucket.Rows))], [.. words.Buckets.Select(bucket => bucket.Bytes)]);
        return [.. logits.Select(each => each.MoveToOuterDisposeScope())];
    }

    /// <summary>Mean cross entropy over all bytes and ends of words.</summary>
    /// <param name="words">B windows of T words.</param>
    /// <returns>Scalar, in nats.</returns>
    public Tensor Loss(WordBatch words)
    {
        using var scope = NewDisposeScope();
        return nn.functional.cross_entropy(Packing.Rows(call(words)), Packing.Rows(words.Buckets.Select(bucket => bucket.Next))).MoveToOuterDisposeScope();
    }

    /// <summary>What the encoder says of each word; it sees no other.</summary>
    /// <param name="words">B windows of T words.</param>
    /// <returns>[B, T, p, D].</returns>
    public Tensor Encode(WordBatch words)
    {
        using var scope = NewDisposeScope();
        var vectors = encoder.call([.. words.Buckets.Select(bucket => bucket.Distinct)]).index_select(0, words.Reading); // [B T, p, d]
        if (intoBackbone is not null) vectors = intoBackbone.call(vectors);
        return vectors.view(words.Windows, words.Words, Options.Prefixes, Options.Width).MoveToOuterDisposeScope();
    }

    /// <summary>The start vector's prediction, if the cache is empty, and that behind new words.</summary>
    /// <param name="words">One window of further words; null: none, as at the start.</param>
    /// <param name="cache">Of the backbone.</param>
    /// <returns>[1, p, d], the predictive embedding of the word that comes next.</returns>
    internal Tensor Next(WordBatch? words, KeyValueCache cache)
    {
        using var scope = NewDisposeScope();
        var parts = new List<Tensor>();
        if (cache.Length == 0) parts.Add(start.unsqueeze(0));
        if (words is not null) parts.Add(Encode(words).flatten(1, 2));
        var output = backbone.Continue(cat(parts, 1), cache);
        return Predict(output.narrow(1, output.shape[1] - Options.Prefixes, Options.Prefixes)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of the symbol behind vectors, see <see cref="WordDecoder.Next"/>.</summary>
    internal Tensor Spell(Tensor? predictive, Tensor? bytes, KeyValueCache cache) => decoder.Next(predictive, bytes, cache);

    private Tensor Predict(Tensor outputs) => outOfBackbone is null ? outputs.alias() : outOfBackbone.call(outputs);

    /// <summary>The constructor registers by the method section's names.</summary>
    protected override void RegisterComponents() { }
}
