using static TorchSharp.torch;

namespace Lab.Quantization;

/// <summary>In training only a random number of the first stages is used, so that prefixes of codes become useful: one model for many rates.</summary>
/// <param name="AtLeast">Stages that are always used.</param>
/// <param name="MultipleOf">The number is rounded up to a multiple of it, or to all stages: the rates a codec offers.</param>
/// <remarks>Sources: Zeghidour et al. 2021, section III.C (arXiv 2107.03312); in multiples: Défossez et al. 2022, section 3.2 (arXiv 2210.13438).</remarks>
public sealed record StageDropout(int AtLeast = 1, int MultipleOf = 1)
{
    /// <exception cref="ArgumentException">Numbers that do not fit so many stages.</exception>
    internal void Check(int stages)
    {
        if (AtLeast < 1 || AtLeast > stages) throw new ArgumentException($"{nameof(AtLeast)} must lie in 1..{stages}, the number of stages, got {AtLeast}.");
        if (MultipleOf < 1 || MultipleOf > stages) throw new ArgumentException($"{nameof(MultipleOf)} must lie in 1..{stages}, the number of stages, got {MultipleOf}.");
    }

    /// <summary>How many stages a training step uses, drawn by torch's own generator.</summary>
    internal int Draw(int stages)
    {
        using var drawn = randint(AtLeast, stages + 1, [1]);
        var used = (int)drawn.item<long>();
        return Math.Min(stages, (used + MultipleOf - 1) / MultipleOf * MultipleOf);
    }
}
