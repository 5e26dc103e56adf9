using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>All that changes while a model is trained, and so all that a checkpoint holds.</summary>
internal sealed class TrainingState : IDisposable
{
    public TrainingState(nn.Module module, TrainingOptions options)
    {
        Module = module;
        Parameters = new FlatParameters(module);
        Optimizer = new FlatAdamW(Parameters, options.AdamW);
        Average = options.EmaDecay is { } decay ? new ExponentialMovingAverage(Parameters, decay) : null;
        LossSum = zeros([], float64, Parameters.Values.device).DetachFromDisposeScope();
    }

    public nn.Module Module { get; }
    public FlatParameters Parameters { get; }
    public FlatAdamW Optimizer { get; }
    public ExponentialMovingAverage? Average { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; set; }

    /// <summary>Scalar on the device: losses of the steps since the last report. Reading it waits for the device.</summary>
    public Tensor LossSum { get; }

    /// <summary>Steps since the last report.</summary>
    public long LossSteps { get; set; }

    /// <summary>Mean loss since the last report, and a new start for the next one.</summary>
    public double TakeLoss()
    {
        var mean = LossSum.item<double>() / LossSteps;
        LossSum.zero_();
        LossSteps = 0;
        return mean;
    }

    public void Dispose()
    {
        LossSum.Dispose();
        Average?.Dispose();
        Optimizer.Dispose();
        Parameters.Dispose();
    }
}
