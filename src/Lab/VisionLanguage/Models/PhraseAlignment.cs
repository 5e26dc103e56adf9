using Lab.Data.ShapesQa;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>Losses that tie projected patches to words.</summary>
/// <param name="Patch">Cross entropy of what each patch shows.</param>
/// <param name="Class">Cross entropy of which objects are there, by the class token.</param>
/// <param name="Centre">Cross entropy of which patches hold an object's centre.</param>
public sealed record AlignmentLosses(Tensor Patch, Tensor Class, Tensor Centre);

/// <summary>
/// The stand-in for CLIP's text side: a phrase is the sum of two word vectors, and a projected patch should point to the
/// phrase that says what it shows.
/// </summary>
public sealed class PhraseAlignment : nn.Module<Tensor, Tensor, Tensor>
{
    private const double BackgroundWeight = 0.3; // 85 % of the patches are background
    private const double CentrePositiveWeight = 5;
    private const float FirstScale = 2.3f, FirstPresenceBias = -1.5f;

    private readonly Parameter patchScale, classScale, presenceBias; // s1, s2, b
    private readonly Linear centre;
    private readonly Tensor first, second, weights; // [28] words of the phrases, [28] weights of the classes

    /// <param name="options">Sizes.</param>
    public PhraseAlignment(TinyVlmOptions options) : base(nameof(PhraseAlignment))
    {
        patchScale = Scalar("s1", FirstScale);
        classScale = Scalar("s2", FirstScale);
        presenceBias = Scalar("b", FirstPresenceBias);
        centre = Layers.Linear(options.Dim, 1, std: 1 / Math.Sqrt(options.Dim));
        register_module("centre", centre);
        var phrases = Enumerable.Range(0, QaSet.Phrases).Select(QaSet.PhraseWords).ToArray();
        first = Buffer("first", tensor(phrases.Select(phrase => (long)phrase.First).ToArray()));
        second = Buffer("second", tensor(phrases.Select(phrase => (long)phrase.Second).ToArray()));
        weights = Buffer("weights", tensor(Enumerable.Range(0, QaSet.Phrases).Select(i => i < QaSet.Backgrounds ? (float)BackgroundWeight : 1).ToArray()));

        Parameter Scalar(string name, float value)
        {
            var parameter = new Parameter(tensor(value).DetachFromDisposeScope());
            register_parameter(name, parameter);
            return parameter;
        }

        Tensor Buffer(string name, Tensor values)
        {
            register_buffer(name, values.DetachFromDisposeScope(), persistent: false);
            return values;
        }
    }

    /// <summary>How well projected patches fit each phrase.</summary>
    /// <param name="projected">[..., d].</param>
    /// <param name="words">[58, d], the word vectors.</param>
    /// <returns>Logits [..., 28].</returns>
    public override Tensor forward(Tensor projected, Tensor words)
    {
        using var scope = NewDisposeScope();
        return (patchScale.exp() * Cosines(projected, words)).MoveToOuterDisposeScope();
    }

    /// <param name="patches">[B, n, d], projected.</param>
    /// <param name="classToken">[B, d], projected.</param>
    /// <param name="words">[58, d].</param>
    /// <param name="batch">What the pictures show.</param>
    public AlignmentLosses Losses(Tensor patches, Tensor classToken, Tensor words, QaBatch batch)
    {
        using var scope = NewDisposeScope();
        var patch = nn.functional.cross_entropy(call(patches, words).flatten(0, 1), batch.PatchPhrases.flatten(), weights);
        var objects = Cosines(classToken, words).narrow(-1, QaSet.Backgrounds, QaSet.Phrases - QaSet.Backgrounds); // [B, 24]
        var presence = nn.functional.binary_cross_entropy_with_logits(classScale.exp() * objects + presenceBias, batch.Present);
        using var positive = tensor((float)CentrePositiveWeight, device: patches.device);
        var centres = nn.functional.binary_cross_entropy_with_logits(centre.call(patches).squeeze(-1), batch.Centres, pos_weights: positive);
        return new(patch.MoveToOuterDisposeScope(), presence.MoveToOuterDisposeScope(), centres.MoveToOuterDisposeScope());
    }

    private Tensor Cosines(Tensor projected, Tensor words)
    {
        var phrases = nn.functional.normalize(words.index_select(0, first) + words.index_select(0, second), dim: -1); // [28, d]
        return nn.functional.normalize(projected, dim: -1).matmul(phrases.t());
    }

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
