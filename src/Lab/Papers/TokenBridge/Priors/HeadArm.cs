using Lab.ImageTokenizers.Priors;
using Lab.Quantization;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>How a head gives the channels of a position.</summary>
public enum HeadKind
{
    /// <summary>All at once, each without knowing the others.</summary>
    Parallel,

    /// <summary>One after the other.</summary>
    Autoregressive,

    /// <summary>Without tokens: noise becomes a vector in many steps.</summary>
    Diffusion,
}

/// <summary>A head of the comparison, all else equal.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Kind">How.</param>
/// <param name="Levels">B; of no meaning without tokens.</param>
public sealed record HeadArm(string Name, HeadKind Kind, int Levels)
{
    /// <summary>Channels that make one token.</summary>
    public int Group { get; init; } = 1;

    /// <summary>Slow channels first, instead of as they are.</summary>
    public bool ByFrequency { get; init; }

    /// <summary>Width and blocks of the diffusion network, and its steps.</summary>
    public (int Width, int Depth, int Steps) Diffusion { get; init; } = (128, 3, 100);

    /// <summary>Whether it gives probabilities of tokens.</summary>
    public bool HasTokens => Kind != HeadKind.Diffusion;

    /// <summary>Makes the head.</summary>
    /// <param name="channels">C.</param>
    /// <param name="contextDim">d.</param>
    /// <param name="range">Of the quantizer.</param>
    /// <param name="sizes">Of the autoregressive head; the parallel one has as many parameters.</param>
    /// <param name="order">Slow channels first.</param>
    public LatentHead Make(int channels, int contextDim, double range, ChannelArOptions sizes, FrequencyOrder order)
    {
        if (Kind == HeadKind.Diffusion) return new DiffusionHead(channels, contextDim, Diffusion.Width, Diffusion.Depth, Diffusion.Steps);
        var tokens = Tokens(channels, range, order);
        return new TokenHead(tokens, MakeCodeHead(tokens, contextDim, sizes));
    }

    /// <summary>How latents become this arm's tokens.</summary>
    /// <param name="channels">C.</param>
    /// <param name="range">Of the quantizer.</param>
    /// <param name="order">Slow channels first.</param>
    public ChannelTokens Tokens(int channels, double range, FrequencyOrder order) =>
        new(new GaussianScalarQuantizer(channels, Levels, range), ByFrequency ? order.Channels : null, Group);

    /// <summary>Makes the head of tokens alone.</summary>
    /// <param name="tokens">This arm's.</param>
    /// <param name="contextDim">d.</param>
    /// <param name="sizes">Of the autoregressive head.</param>
    public CodeHead MakeCodeHead(ChannelTokens tokens, int contextDim, ChannelArOptions sizes) => Kind == HeadKind.Autoregressive
        ? new ChannelArHead(contextDim, tokens.BookSizes, sizes)
        : new ParallelHead(contextDim, tokens.BookSizes, HiddenFor(sizes.Parameters(contextDim, tokens.Slots, tokens.Classes), contextDim, tokens.Slots * tokens.Classes));

    // The hidden width at which the parallel head has as many parameters as the autoregressive one.
    private static int HiddenFor(long parameters, int contextDim, int outputs) => (int)Math.Round((double)(parameters - outputs) / (contextDim + 1 + outputs));
}
