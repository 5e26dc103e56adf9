using static TorchSharp.torch;

namespace Lab.Transplant;

/// <summary>A way to make rows for the tokens that the base lacks.</summary>
public interface ITransplantStrategy
{
    /// <summary>In tables and legends.</summary>
    string Name { get; }

    /// <summary>A row in the base's space for each of <see cref="TransplantProblem.New"/>.</summary>
    /// <returns>[N, d_o], any float type; the caller's to dispose.</returns>
    /// <exception cref="ArgumentException">The problem lacks what the method needs.</exception>
    Tensor NewRows(TransplantProblem problem);
}
