using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Rotary positions along a line, neighbouring channels paired.</summary>
/// <remarks>Source: Su et al. 2021, section 3.4.2 (arXiv 2104.09864).</remarks>
public static class RotaryLine
{
    /// <summary>Cosines and sines of the first places.</summary>
    /// <param name="places">How many.</param>
    /// <param name="headDim">Channels of a head, even.</param>
    /// <param name="theta">Base of the wavelengths; the longest is almost 2 pi times this.</param>
    /// <returns>[places, headDim / 2, 2].</returns>
    /// <exception cref="ArgumentException">A size outside its range.</exception>
    public static Tensor Turns(int places, int headDim, double theta)
    {
        if (headDim < 2 || headDim % 2 != 0) throw new ArgumentException($"Pairs of channels are turned: a head's width must be even, got {headDim}.", nameof(headDim));
        if (places < 1 || theta is not > 1) throw new ArgumentException($"At least 1 place is turned, with a base above 1; got {places} and {theta}.", nameof(places));
        using var scope = NewDisposeScope();
        var half = headDim / 2;
        var frequencies = (arange(half).to(ScalarType.Float32) * (-Math.Log(theta) / half)).exp();
        var angles = arange(places).to(ScalarType.Float32).unsqueeze(1) * frequencies; // [places, d / 2]
        return stack([angles.cos(), angles.sin()], -1).MoveToOuterDisposeScope();
    }
}
