namespace Lab.Training;

/// <summary>How the learning rate falls from its peak to its minimum.</summary>
public enum DecayShape
{
    /// <summary>Along half a cosine.</summary>
    Cosine,

    /// <summary>Along a straight line.</summary>
    Linear,
}

/// <summary>
/// Learning rate by step: a linear warm-up to the peak, the peak for as long as nothing else is due, and a fall to the
/// minimum over the last <see cref="DecaySteps"/> steps.
/// </summary>
/// <param name="Peak">Highest rate.</param>
public sealed record LearningRateSchedule(double Peak)
{
    /// <summary>Rate that the fall ends at.</summary>
    public double Minimum { get; init; }

    /// <summary>Steps on the way up; step <c>s</c> of them has <c>(s + 1) / (WarmupSteps + 1)</c> of the peak.</summary>
    public long WarmupSteps { get; init; }

    /// <summary>Steps on the way down, at the end of the run; null: all after the warm-up; 0: the rate stays at its peak.</summary>
    public long? DecaySteps { get; init; }

    /// <summary>Way down.</summary>
    public DecayShape Shape { get; init; } = DecayShape.Cosine;

    /// <summary>The rate of a step.</summary>
    /// <param name="step">From 0.</param>
    /// <param name="totalSteps">Of the whole run.</param>
    public double At(long step, long totalSteps)
    {
        if (step < WarmupSteps) return Peak * (step + 1) / (WarmupSteps + 1);
        var decaySteps = DecaySteps ?? totalSteps - WarmupSteps;
        var into = step - (totalSteps - decaySteps);
        if (into <= 0) return Peak;
        var progress = Math.Min(1, (double)into / decaySteps);
        return Minimum + (Peak - Minimum) * (Shape == DecayShape.Cosine ? (1 + Math.Cos(Math.PI * progress)) / 2 : 1 - progress);
    }

    internal void Check(long totalSteps)
    {
        if (Peak is not (> 0 and < double.PositiveInfinity)) throw new ArgumentException($"The peak learning rate must be positive, got {Peak}.");
        if (!(Minimum >= 0 && Minimum <= Peak)) throw new ArgumentException($"The minimum learning rate must lie in [0, {Peak}], got {Minimum}.");
        if (WarmupSteps < 0 || DecaySteps < 0 || WarmupSteps + (DecaySteps ?? 0) > totalSteps)
            throw new ArgumentException($"Warm-up ({WarmupSteps} steps) and decay ({DecaySteps?.ToString() ?? "the rest"}) do not fit into {totalSteps} steps.");
    }
}
