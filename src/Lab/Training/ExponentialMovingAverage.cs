using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>A copy of the parameters that follows them slowly; it averages out the noise of the last steps.</summary>
/// <remarks>Buffers (the statistics of batch normalisation) are no parameters and stay the module's own. Source: Polyak and Juditsky 1992; the exponential form of Tarvainen and Valpola 2017 (arXiv 1703.01780).</remarks>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly FlatParameters parameters;
    private readonly double decay;

    /// <summary>Starts at the present values.</summary>
    /// <param name="parameters">What is followed; not owned.</param>
    /// <param name="decay">Share of the average that a step keeps, in [0, 1).</param>
    /// <exception cref="ArgumentException">A decay outside its range.</exception>
    public ExponentialMovingAverage(FlatParameters parameters, double decay)
    {
        if (decay is not (>= 0 and < 1)) throw new ArgumentException($"The decay of a moving average must lie in [0, 1), got {decay}.", nameof(decay));
        this.parameters = parameters;
        this.decay = decay;
        Values = parameters.Values.clone().DetachFromDisposeScope();
    }

    /// <summary>[P], laid out as the parameters' own.</summary>
    public Tensor Values { get; }

    /// <summary>Takes in the parameters of this step.</summary>
    public void Update() => Values.mul_(decay).add_(parameters.Values, 1 - decay);

    /// <summary>Exchanges average and parameters: the module then computes with the average, until the next exchange.</summary>
    public void Swap()
    {
        using var kept = Values.clone();
        Values.copy_(parameters.Values);
        parameters.Values.copy_(kept);
    }

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();
}
