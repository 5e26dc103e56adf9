using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>What gives the latent vector of a position, once the backbone has told what is known about it.</summary>
/// <param name="name">Of the module.</param>
public abstract class LatentHead(string name) : nn.Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>Operations to generate one position, a multiply-add counted as two.</summary>
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
    /// <param name="temperature">1 draws from the distribution itself.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>[N, C].</returns>
    public abstract Tensor Sample(Tensor contexts, double temperature, Generator random);

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}

/// <summary>A head that generates tokens.</summary>
public abstract class TokenHead : LatentHead
{
    /// <param name="tokens">How latents become tokens.</param>
    /// <param name="name">Of the module.</param>
    protected TokenHead(ChannelTokens tokens, string name) : base(name)
    {
        Tokens = tokens;
        register_module("quantizer", tokens.Quantizer);
    }

    /// <summary>How latents become tokens.</summary>
    public ChannelTokens Tokens { get; }

    /// <inheritdoc/>
    public override Tensor Seen(Tensor latents) => Tokens.Round(latents);

    /// <inheritdoc/>
    /// <returns>[N]: negative log likelihood of the tokens, in nats per channel.</returns>
    public override Tensor forward(Tensor contexts, Tensor latents)
    {
        using var scope = NewDisposeScope();
        return (-LogProbabilities(contexts, Tokens.Of(latents)).sum(1) / Tokens.Channels).MoveToOuterDisposeScope();
    }

    /// <summary>Logarithm of the probability of every token.</summary>
    /// <param name="contexts">[N, d].</param>
    /// <param name="tokens">[N, slots].</param>
    /// <returns>[N, slots].</returns>
    public Tensor LogProbabilities(Tensor contexts, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        return Logits(contexts, tokens).log_softmax(-1).gather(-1, tokens.unsqueeze(-1)).squeeze(-1).MoveToOuterDisposeScope();
    }

    /// <summary>Scores of all classes of all tokens.</summary>
    /// <param name="contexts">[N, d].</param>
    /// <param name="tokens">[N, slots]: the truth, of which a token may see those before it.</param>
    /// <returns>[N, slots, classes].</returns>
    public abstract Tensor Logits(Tensor contexts, Tensor tokens);

    /// <inheritdoc/>
    public override Tensor Sample(Tensor contexts, double temperature, Generator random)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return Tokens.Latents(SampleTokens(contexts, temperature, random)).MoveToOuterDisposeScope();
    }

    /// <param name="contexts">[N, d].</param>
    /// <param name="temperature">0 takes the most likely.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>[N, slots].</returns>
    private protected abstract Tensor SampleTokens(Tensor contexts, double temperature, Generator random);

    /// <param name="logits">[N, classes].</param>
    /// <param name="temperature">0 takes the most likely.</param>
    /// <param name="random">Where chance comes from.</param>
    /// <returns>[N].</returns>
    /// <exception cref="ArgumentException">A negative temperature.</exception>
    private protected static Tensor Draw(Tensor logits, double temperature, Generator random)
    {
        if (!(temperature >= 0 && double.IsFinite(temperature))) throw new ArgumentException($"The temperature must be 0 or more, got {temperature}.", nameof(temperature));
        if (temperature == 0) return logits.argmax(-1);
        using var scope = NewDisposeScope();
        return (logits / temperature).softmax(-1).multinomial(1, generator: random).squeeze(1).MoveToOuterDisposeScope();
    }
}
