using static TorchSharp.torch;

namespace Lab.Generation;

/// <summary>How noise is moved to data.</summary>
public sealed record FlowSampling
{
    /// <summary>Steps of Euler's method.</summary>
    public int Steps { get; init; } = 25;

    /// <summary>s of classifier-free guidance, velocities u + s (c - u) with the class and u without; 1: none.</summary>
    public double Guidance { get; init; } = 1;

    /// <summary>Of the noise.</summary>
    public long Seed { get; init; }

    internal void Check()
    {
        if (Steps < 1) throw new ArgumentException($"Noise is moved in at least 1 step, got {Steps}.");
        if (Guidance is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"{nameof(Guidance)} must not be negative, got {Guidance}.");
    }
}

/// <summary>
/// Rectified flow: data x and noise e are joined by straight lines, x_t = (1 - t) x + t e, a model is taught the velocity e - x, and following it from t = 1 to 0 turns noise into
/// data.
/// </summary>
/// <remarks>Sources: Liu et al. 2022 (arXiv 2209.03003); Lipman et al. 2022 (arXiv 2210.02747).</remarks>
public static class FlowSampler
{
    /// <summary>A point of the line.</summary>
    /// <param name="data">[B, ...].</param>
    /// <param name="noise">The same shape.</param>
    /// <param name="time">[B], from 0 (data) to 1 (noise).</param>
    /// <returns>Point and velocity, both of the shape of the data.</returns>
    public static (Tensor Point, Tensor Velocity) Line(Tensor data, Tensor noise, Tensor time)
    {
        using var scope = NewDisposeScope();
        var t = time.view([-1, .. Enumerable.Repeat(1L, (int)data.dim() - 1)]);
        return (((1 - t) * data + t * noise).MoveToOuterDisposeScope(), (noise - data).MoveToOuterDisposeScope());
    }

    /// <summary>Follows velocities from noise to data by Euler's method.</summary>
    /// <param name="noise">Where to begin, at time 1.</param>
    /// <param name="steps">At least 1.</param>
    /// <param name="velocity">Of a point at a time, from 1 down to 1 / steps.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The shape of the noise.</returns>
    /// <exception cref="ArgumentException">No step.</exception>
    public static Tensor Follow(Tensor noise, int steps, Func<Tensor, double, Tensor> velocity, CancellationToken cancellation = default)
    {
        if (steps < 1) throw new ArgumentException($"Noise is moved in at least 1 step, got {steps}.", nameof(steps));
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var x = noise.clone();
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var moment = NewDisposeScope();
            x.sub_(velocity(x, 1 - (double)step / steps).div(steps));
        }
        return x.MoveToOuterDisposeScope();
    }
}
