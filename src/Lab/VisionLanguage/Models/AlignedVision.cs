using Lab.Data.ShapesQa;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>
/// All that the first stage trains: encoder, projector and word vectors, held together by <see cref="PhraseAlignment"/>. The
/// encoder is frozen after it, as CLIP is in LLaVA; trained by questions it would store answers for the whole picture in
/// background patches, and removing a patch would no longer remove what it shows.
/// </summary>
public sealed class AlignedVision : nn.Module<Tensor, Tensor>
{
    private const double WordStd = 0.5;

    private readonly Embedding words;

    /// <param name="options">Sizes.</param>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public AlignedVision(TinyVlmOptions options) : base(nameof(AlignedVision))
    {
        options.Check();
        Options = options;
        Encoder = new VisionEncoder(options);
        Projector = new Projector(options);
        words = Layers.Embedding(QaWords.All.Count, options.Dim, WordStd);
        Alignment = new PhraseAlignment(options);
        register_module("encoder", Encoder);
        register_module("projector", Projector);
        register_module("words", words);
        register_module("alignment", Alignment);
    }

    /// <summary>Sizes.</summary>
    public TinyVlmOptions Options { get; }

    /// <summary>From pictures to features.</summary>
    public VisionEncoder Encoder { get; }

    /// <summary>From features to the space of words.</summary>
    public Projector Projector { get; }

    /// <summary>From projected patches to phrases.</summary>
    public PhraseAlignment Alignment { get; }

    /// <summary>Word vectors [58, d]; neither a copy nor the caller's to dispose.</summary>
    public Tensor Words => words.weight!;

    /// <param name="images">[B, 3, S, S].</param>
    /// <returns>Projected patches [B, n, d].</returns>
    public override Tensor forward(Tensor images)
    {
        using var scope = NewDisposeScope();
        return Projector.call(Encoder.call(images).Patches).MoveToOuterDisposeScope();
    }

    /// <summary>How well projected features say what pictures show.</summary>
    /// <param name="patches">[B, n, d], projected.</param>
    /// <param name="features">Of the same pictures.</param>
    /// <param name="batch">What they show.</param>
    public AlignmentLosses Losses(Tensor patches, VisionFeatures features, QaBatch batch) => Alignment.Losses(patches, Projector.call(features.Class), Words, batch);

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
