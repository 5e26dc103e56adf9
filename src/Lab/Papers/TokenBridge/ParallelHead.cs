using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>Predicts all tokens of a position at once, each without knowing the others: the joint distribution is a product.</summary>
/// <remarks>Source: the ablation of Wang et al. 2025, table 2a (arXiv 2503.16430).</remarks>
public sealed class ParallelHead : TokenHead
{
    private readonly Linear hidden, output;

    /// <param name="tokens">How latents become tokens.</param>
    /// <param name="contextDim">d.</param>
    /// <param name="width">Of the hidden layer.</param>
    public ParallelHead(ChannelTokens tokens, int contextDim, int width) : base(tokens, nameof(ParallelHead))
    {
        hidden = Mar.Linear(contextDim, width);
        output = Mar.Linear(width, tokens.Slots * tokens.Classes);
        this.Register("hidden", hidden);
        this.Register("output", output);
    }

    /// <summary>The width at which this head has as many parameters as another one, as nearly as possible.</summary>
    /// <param name="parameters">Of the other head.</param>
    /// <param name="contextDim">d.</param>
    /// <param name="outputs">Tokens times classes.</param>
    public static int WidthFor(long parameters, int contextDim, int outputs) => (int)Math.Round((double)(parameters - outputs) / (contextDim + 1 + outputs));

    /// <inheritdoc/>
    public override double FlopsPerPosition => 2.0 * (hidden.weight.numel() + output.weight.numel());

    /// <inheritdoc/>
    public override Tensor Logits(Tensor contexts, Tensor tokens) => Scores(contexts);

    private protected override Tensor SampleTokens(Tensor contexts, double temperature, Generator random)
    {
        using var scope = NewDisposeScope();
        return Draw(Scores(contexts).flatten(0, 1), temperature, random).view(-1, Tokens.Slots).MoveToOuterDisposeScope();
    }

    private Tensor Scores(Tensor contexts)
    {
        using var scope = NewDisposeScope();
        return output.call(nn.functional.gelu(hidden.call(contexts))).view(-1, Tokens.Slots, Tokens.Classes).MoveToOuterDisposeScope();
    }
}
