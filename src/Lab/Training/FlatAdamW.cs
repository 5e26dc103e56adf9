using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Which parameters weight decay shrinks.</summary>
public enum DecayScope
{
    /// <summary>Those with two dimensions or more, but for tables of embeddings: biases, norms and rows of tables have no scale to control.</summary>
    Matrices,

    /// <summary>All of them, as a plain <c>torch.optim.AdamW(model.parameters())</c> does.</summary>
    All,
}

/// <summary>Hyperparameters of AdamW; the defaults are the usual ones for transformers on images.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the first moment.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Share of a weight that goes per step, in units of the learning rate.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>What decays.</summary>
    public DecayScope Decay { get; init; } = DecayScope.Matrices;

    internal void Check()
    {
        if (Beta1 is not (>= 0 and < 1)) throw new ArgumentException($"Beta1 must lie in [0, 1), got {Beta1}.");
        if (Beta2 is not (>= 0 and < 1)) throw new ArgumentException($"Beta2 must lie in [0, 1), got {Beta2}.");
        if (Epsilon is not > 0) throw new ArgumentException($"Epsilon must be positive, got {Epsilon}.");
        if (WeightDecay is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"WeightDecay must not be negative, got {WeightDecay}.");
    }
}

/// <summary>Adam with decoupled weight decay on flat parameters: eight operations per step, whatever the number of layers.</summary>
/// <remarks>Source: Loshchilov and Hutter 2019, algorithm 2 (arXiv 1711.05101); update order as in torch.optim.AdamW.</remarks>
public sealed class FlatAdamW : IDisposable
{
    private readonly FlatParameters parameters;
    private readonly AdamWOptions options;
    private readonly Tensor decaying; // view of the values that decay
    private readonly Tensor denominator; // scratch, so that a step allocates nothing

    /// <summary>Starts with zero moments.</summary>
    /// <param name="parameters">What is trained; not owned.</param>
    /// <param name="options">Hyperparameters.</param>
    /// <exception cref="ArgumentException">A hyperparameter outside its range.</exception>
    public FlatAdamW(FlatParameters parameters, AdamWOptions options)
    {
        options.Check();
        this.parameters = parameters;
        this.options = options;
        var values = parameters.Values;
        decaying = values.narrow(0, 0, options.Decay == DecayScope.All ? values.numel() : parameters.MatrixLength).DetachFromDisposeScope();
        FirstMoment = zeros_like(values).DetachFromDisposeScope();
        SecondMoment = zeros_like(values).DetachFromDisposeScope();
        denominator = zeros_like(values).DetachFromDisposeScope();
    }

    /// <summary>[P], running mean of the gradients.</summary>
    public Tensor FirstMoment { get; }

    /// <summary>[P], running mean of the squared gradients.</summary>
    public Tensor SecondMoment { get; }

    /// <summary>Applies the gradients.</summary>
    /// <param name="step">Number of this step, from 0; it sets the correction of the moments' start at zero.</param>
    /// <param name="learningRate">Of this step.</param>
    public void Step(long step, double learningRate)
    {
        using var noGrad = no_grad();
        var gradients = parameters.Gradients;
        if (options.WeightDecay > 0) decaying.mul_(1 - learningRate * options.WeightDecay);

        FirstMoment.mul_(options.Beta1).add_(gradients, 1 - options.Beta1);
        SecondMoment.mul_(options.Beta2).addcmul_(gradients, gradients, 1 - options.Beta2);

        // m^ / (sqrt(v^) + eps) with both corrections moved into scalars.
        var correction1 = 1 - Math.Pow(options.Beta1, step + 1);
        var correction2 = Math.Sqrt(1 - Math.Pow(options.Beta2, step + 1));
        denominator.copy_(SecondMoment).sqrt_().add_(options.Epsilon * correction2);
        parameters.Values.addcdiv_(FirstMoment, denominator, -learningRate * correction2 / correction1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { decaying, FirstMoment, SecondMoment, denominator }) tensor.Dispose();
    }
}
