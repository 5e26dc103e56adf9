using Lab.Data.ShapesQa;
using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>The language model's blocks, run one by one so that tokens can be looked at and removed in between.</summary>
public sealed class VlmDecoder : nn.Module<TokenSequence, TokenSequence>
{
    private readonly RmsBlock[] blocks;
    private readonly RmsNorm norm;
    private readonly Linear head;

    /// <param name="options">Sizes.</param>
    public VlmDecoder(TinyVlmOptions options) : base(nameof(VlmDecoder))
    {
        blocks = [.. Enumerable.Range(0, options.Depth).Select(_ => new RmsBlock(options.Dim, options.Heads, options.Depth))];
        norm = new RmsNorm(options.Dim);
        head = Layers.Linear(options.Dim, QaWords.All.Count, bias: false, std: 1 / Math.Sqrt(options.Dim));
        for (var i = 0; i < blocks.Length; i++) this.Register($"blocks.{i}", blocks[i]);
        register_module("norm", norm);
        register_module("head", head);
    }

    /// <summary>L.</summary>
    public int Depth => blocks.Length;

    /// <summary>All layers.</summary>
    /// <param name="sequence">Before the first.</param>
    /// <returns>Behind the last.</returns>
    public override TokenSequence forward(TokenSequence sequence)
    {
        foreach (var block in blocks) sequence = Behind(block, sequence);
        return sequence;
    }

    /// <summary>One layer.</summary>
    /// <param name="layer">1 .. L.</param>
    /// <param name="sequence">Before it.</param>
    /// <returns>Behind it, and what passed through.</returns>
    public (TokenSequence Sequence, BlockTaps Taps) Layer(int layer, TokenSequence sequence)
    {
        var taps = blocks[layer - 1].Tap(sequence.Tokens, sequence.Turns, sequence.Bias);
        return (sequence.With(taps.Output), taps);
    }

    /// <summary>The attention that a layer would pay.</summary>
    /// <param name="layer">1 .. L.</param>
    /// <param name="sequence">Before it.</param>
    /// <returns>[B, h, N, N].</returns>
    public Tensor Attention(int layer, TokenSequence sequence) => blocks[layer - 1].Attention(sequence.Tokens, sequence.Turns, sequence.Bias);

    /// <summary>What the model answers.</summary>
    /// <param name="sequence">Behind the last layer.</param>
    /// <returns>Logits [B, Q, 58] at the <c>&lt;a&gt;</c> of each of Q questions.</returns>
    public Tensor Answers(TokenSequence sequence)
    {
        using var scope = NewDisposeScope();
        return head.call(norm.call(sequence.Tokens.index_select(1, AnswerPlaces(sequence)))).MoveToOuterDisposeScope();
    }

    /// <summary>All layers, and what the model answers: the last layer computes nothing else.</summary>
    /// <param name="sequence">Before the first layer.</param>
    /// <returns>Logits [B, Q, 58], those of <see cref="Answers"/> behind all layers.</returns>
    public Tensor Answer(TokenSequence sequence)
    {
        using var scope = NewDisposeScope();
        foreach (var block in blocks[..^1]) sequence = Behind(block, sequence);
        return head.call(norm.call(blocks[^1].At(sequence.Tokens, sequence.Turns, sequence.Bias, AnswerPlaces(sequence)))).MoveToOuterDisposeScope();
    }

    private static TokenSequence Behind(RmsBlock block, TokenSequence sequence) => sequence.With(block.call(sequence.Tokens, sequence.Turns, sequence.Bias));

    private static Tensor AnswerPlaces(TokenSequence sequence) =>
        arange(sequence.FirstText + TinyVlmOptions.QuestionLength - 1, sequence.Length, TinyVlmOptions.QuestionLength, device: sequence.Tokens.device);

    /// <summary>The constructor registers the parts.</summary>
    protected override void RegisterComponents() { }
}
