using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge.Priors;

/// <summary>Sizes of the masked model.</summary>
/// <param name="Dim">Width of encoder and decoder.</param>
/// <param name="Depth">Blocks of the encoder, and as many of the decoder.</param>
/// <param name="Heads">A divisor of the width.</param>
public sealed record MaskedPriorOptions(int Dim, int Depth, int Heads)
{
    /// <summary>Tokens that carry the class into the encoder.</summary>
    public int Buffer { get; init; } = 64;

    /// <summary>Least share of the positions that is masked while training.</summary>
    public double MaskRatioMinimum { get; init; } = 0.7;

    /// <summary>While training.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Numbers that such a backbone learns.</summary>
    /// <param name="channels">C.</param>
    /// <param name="positions">N.</param>
    /// <param name="classes">Classes.</param>
    public long Parameters(long channels, long positions, long classes)
    {
        long d = Dim;
        var blocks = 2 * Depth * (12 * d * d + 13 * d);
        var input = (classes + 1) * d + (channels * d + d) + 2 * d + (positions + Buffer) * d + 2 * d;
        var middle = (d * d + d) + d + (positions + Buffer) * d + 2 * d + positions * d;
        return input + blocks + middle;
    }

    internal void Check()
    {
        if (Dim < 1 || Depth < 1 || Buffer < 1) throw new ArgumentException($"Width, depth and buffer are at least 1, got {Dim}, {Depth} and {Buffer}.");
        if (Heads < 1 || Dim % Heads != 0) throw new ArgumentException($"{Heads} heads do not divide a width of {Dim}.");
        if (MaskRatioMinimum is not (> 0 and < 1)) throw new ArgumentException($"The least mask ratio lies in (0, 1), got {MaskRatioMinimum}.");
        if (Dropout is not (>= 0 and < 1)) throw new ArgumentException($"Dropout lies in [0, 1), got {Dropout}.");
    }
}

/// <summary>Sizes of backbone and head; the presets are the released models.</summary>
/// <param name="Backbone">Of positions.</param>
/// <param name="Head">Of channels.</param>
/// <remarks>Source: github.com/YuqingWang1029/TokenBridge, <c>models/tokenbridge.py</c>.</remarks>
public sealed record TokenBridgeOptions(MaskedPriorOptions Backbone, ChannelArOptions Head)
{
    private const long Channels = 16, Positions = 256, Classes = 1000; // KL-16 on ImageNet at 256 pixels

    /// <summary><c>tokenbridge_base</c>.</summary>
    public static TokenBridgeOptions Base { get; } = new(new(768, 12, 12), new(768, 4, 8));

    /// <summary><c>tokenbridge_large</c>: gFID 1.76.</summary>
    public static TokenBridgeOptions Large { get; } = new(new(1024, 16, 16), new(1024, 4, 8));

    /// <summary><c>tokenbridge_huge</c>: gFID 1.55.</summary>
    public static TokenBridgeOptions Huge { get; } = new(new(1280, 20, 16), new(1024, 6, 8));

    /// <summary>Numbers that the released model of these sizes learns.</summary>
    /// <param name="levels">B.</param>
    public long Parameters(long levels) => Backbone.Parameters(Channels, Positions, Classes) + Head.Parameters(Backbone.Dim, Channels, levels);
}

/// <summary>How many positions are masked: at random while training, by a cosine while sampling.</summary>
/// <remarks>Source: Li et al. 2024, section 3.4 (arXiv 2406.11838); the cosine: Chang et al. 2022, section 3.1 (arXiv 2202.04200).</remarks>
public static class MaskSchedule
{
    private const double Mode = 1, Deviation = 0.25;

    /// <summary>A mask ratio of training: the quantile of a normal distribution around 1, cut to [minimum, 1].</summary>
    /// <param name="quantile">In [0, 1]; uniform numbers give the distribution.</param>
    /// <param name="minimum">Least ratio.</param>
    public static double Ratio(double quantile, double minimum)
    {
        using var scope = NewDisposeScope();
        var below = (tensor((minimum - Mode) / Deviation / Math.Sqrt(2), ScalarType.Float64).erf().item<double>() + 1) / 2;
        var share = below + quantile * (0.5 - below);
        return Math.Clamp(Mode + Deviation * Math.Sqrt(2) * tensor(2 * share - 1, ScalarType.Float64).erfinv().item<double>(), minimum, 1);
    }

    /// <summary>Positions still masked after a step of sampling.</summary>
    /// <param name="left">Masked before.</param>
    /// <param name="positions">N.</param>
    /// <param name="step">From 0.</param>
    /// <param name="steps">T.</param>
    /// <returns>At least one fewer; none after the last step.</returns>
    public static int Left(int left, int positions, int step, int steps) =>
        step == steps - 1 ? 0 : Math.Max(1, Math.Min(left - 1, (int)Math.Floor(positions * Math.Cos(Math.PI * (step + 1) / (2 * steps)))));

    /// <summary>Strength of guidance, growing with what is known.</summary>
    /// <param name="guidance">s, at the end.</param>
    /// <param name="left">Masked after the step.</param>
    /// <param name="positions">N.</param>
    public static double Guidance(double guidance, int left, int positions) => 1 + (guidance - 1) * (positions - left) / positions;
}
