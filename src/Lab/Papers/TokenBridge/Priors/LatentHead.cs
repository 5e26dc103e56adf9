using Lab.ImageTokenizers.Priors;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>What gives the latent vector of a position, once the backbone has told what is known about it.</summary>
/// <param name="name">Of the module.</param>
public abstract class LatentHead(string name) : nn.Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>Operations to generate one position, a multiply-add of a matrix counted as two.</summary>
    public abstract double FlopsPerPosition { get; }

    /// <summary>What of latents a backbone may see: what this head can generate.</summary>
    /// <param name="latents">[..., C], scaled to unit deviation.</param>
    /// <returns>[..., C].</returns>
    public abstract Tensor Seen(Tensor latents);

    /// <summary>What training minimises.</summary>
    /// <param name="contexts">[N, d], from the backbone.</param>
    /// <param name="latents">[N, C], the truth.</param>
    /// <returns>[N], per channel.</returns>
    public abstract override Tensor forward(Tensor contexts, Tensor latents);

    /// <summary>Generates.</summary>
    /// <param name="contexts">[N, d].</param>
    /// <param name="temperature">Above 0; 1 draws from the distribution itself.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>[N, C].</returns>
    public abstract Tensor Sample(Tensor contexts, double temperature, Generator random);

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>A head that generates tokens, one for every channel or group of channels.</summary>
public sealed class TokenHead : LatentHead
{
    private readonly CodeHead head;

    /// <param name="tokens">How latents become tokens; its quantizer is owned by this module from now on.</param>
    /// <param name="head">A book per token; owned by this module from now on.</param>
    /// <exception cref="ArgumentException">A head for other tokens.</exception>
    public TokenHead(ChannelTokens tokens, CodeHead head) : base(nameof(TokenHead))
    {
        if (!head.BookSizes.SequenceEqual(tokens.BookSizes))
            throw new ArgumentException($"Tokens of [{string.Join(", ", tokens.BookSizes)}] classes need a head for them, got one for [{string.Join(", ", head.BookSizes)}].", nameof(head));
        (Tokens, this.head) = (tokens, head);
        register_module("quantizer", tokens.Quantizer);
        register_module("head", head);
    }

    /// <summary>How latents become tokens.</summary>
    public ChannelTokens Tokens { get; }

    /// <inheritdoc/>
    public override double FlopsPerPosition => FlopsOf(head);

    /// <summary>Operations of a head of tokens to generate one position.</summary>
    internal static double FlopsOf(CodeHead head) =>
        head is ChannelArHead one ? one.FlopsPerPosition : 2.0 * head.parameters().Where(matrix => matrix.dim() == 2).Sum(matrix => matrix.numel());

    /// <inheritdoc/>
    public override Tensor Seen(Tensor latents) => Tokens.Round(latents);

    /// <inheritdoc/>
    /// <returns>[N]: negative log likelihood of the tokens, in nats per channel.</returns>
    public override Tensor forward(Tensor contexts, Tensor latents)
    {
        using var scope = NewDisposeScope();
        return (head.Losses(contexts, Tokens.Of(latents)).sum(1) / Tokens.Channels).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sample(Tensor contexts, double temperature, Generator random)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Tokens.Latents(head.Draw(contexts, null, new() { Temperature = temperature }, random)).MoveToOuterDisposeScope();
    }
}
