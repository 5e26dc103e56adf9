using Lab.Data.ShapesQa;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>
/// A vision-language model in the manner of LLaVA, small enough to be trained in half a minute: a vision transformer, a
/// projector, and a causal decoder that reads <c>&lt;bos&gt;</c>, the projected patches and a question.
/// </summary>
public sealed class TinyVlm : nn.Module<Tensor, Tensor, Tensor>
{
    private const double GridStd = 0.5;

    private readonly Parameter? rows, columns; // [g, 1, d], [1, g, d]
    private readonly Tensor table; // [1 + n + 5, d / 2, 2]

    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public TinyVlm(TinyVlmOptions options) : base(nameof(TinyVlm))
    {
        Options = options;
        Vision = new AlignedVision(options);
        Decoder = new VlmDecoder(options);
        register_module("vision", Vision);
        register_module("decoder", Decoder);
        if (options.GridEmbedding)
        {
            (rows, columns) = (Table(options.Grid, 1), Table(1, options.Grid));
            register_parameter("rows", rows);
            register_parameter("columns", columns);
        }
        table = RotaryLine.Turns(TokenSequence.FirstVisual + options.Patches + TinyVlmOptions.QuestionLength, options.Dim / options.Heads, TinyVlmOptions.RotaryBase);
        register_buffer("turns", table.DetachFromDisposeScope(), persistent: false);

        Parameter Table(int height, int width)
        {
            var parameter = new Parameter(empty(height, width, options.Dim).DetachFromDisposeScope());
            Layers.TruncatedNormal(parameter, GridStd);
            return parameter;
        }
    }

    /// <summary>Sizes.</summary>
    public TinyVlmOptions Options { get; }

    /// <summary>What the first stage trains.</summary>
    public AlignedVision Vision { get; }

    /// <summary>The language model's blocks.</summary>
    public VlmDecoder Decoder { get; }

    /// <summary>Answers questions about whole pictures.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    /// <param name="words">[B, 3] int64, a question each.</param>
    /// <returns>Logits [B, 58].</returns>
    public override Tensor forward(Tensor images, Tensor words)
    {
        using var scope = NewDisposeScope();
        var sequence = Ask(VisualTokens(Vision.Encoder.call(images)), words.unsqueeze(1));
        return Decoder.Answer(sequence).squeeze(1).MoveToOuterDisposeScope();
    }

    /// <summary>Visual tokens as the decoder takes them.</summary>
    /// <param name="projected">[B, n, d], projected patches.</param>
    /// <returns>[B, n, d], a new tensor.</returns>
    public Tensor Place(Tensor projected)
    {
        if (rows is null) return projected.alias();
        using var scope = NewDisposeScope();
        return (projected + (rows + columns!).flatten(0, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Visual tokens of encoded pictures.</summary>
    /// <param name="features">Of the encoder.</param>
    /// <returns>[B, n, d].</returns>
    public Tensor VisualTokens(VisionFeatures features)
    {
        using var scope = NewDisposeScope();
        return Place(Vision.Projector.call(features.Patches)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The sequence of a picture and its questions. A question looks at <c>&lt;bos&gt;</c>, at the picture and at itself, and each
    /// starts behind the picture, so several in one sequence are answered as each would be alone.
    /// </summary>
    /// <param name="visual">[B, n, d] of <see cref="VisualTokens"/>.</param>
    /// <param name="words">[B, Q, 3] int64.</param>
    /// <returns>Belongs to the caller's dispose scope.</returns>
    public TokenSequence Ask(Tensor visual, Tensor words)
    {
        var (batch, patches, questions, device) = (visual.shape[0], (int)visual.shape[1], words.shape[1], visual.device);
        Tensor Word(int id) => full([batch, questions, 1], id, ScalarType.Int64, device);
        var text = cat([Word(QaWords.Question), words, Word(QaWords.Answer)], 2).flatten(1); // [B, 5 Q]
        var begin = full([batch, 1], QaWords.Begin, ScalarType.Int64, device);
        var tokens = cat([Embed(begin), visual, Embed(text)], 1); // [B, 1 + n + 5 Q, d]

        var places = cat([arange(1 + patches, device: device), arange(TinyVlmOptions.QuestionLength, device: device).repeat(questions) + 1 + patches]);
        return TokenSequence.Of(tokens, places.unsqueeze(0), patches, Pattern(patches, (int)questions, device), table);
    }

    private Tensor Embed(Tensor ids) => Vision.Words.index_select(0, ids.flatten()).view([.. ids.shape, Options.Dim]);

    // Causal, but that no question sees another.
    private static Tensor Pattern(int patches, int questions, Device device)
    {
        var prefix = TokenSequence.FirstVisual + patches;
        var owner = cat([zeros(prefix, ScalarType.Int64, device), arange(questions, device: device).repeat_interleave(TinyVlmOptions.QuestionLength) + 1]); // 0: the picture's part
        var shared = owner.unsqueeze(0).eq(0).logical_or(owner.unsqueeze(0).eq(owner.unsqueeze(1))); // row sees column
        return shared.tril();
    }

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
