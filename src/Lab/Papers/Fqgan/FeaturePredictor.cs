using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>Guesses a teacher's features of a picture from one book's codes: a small network at every position, mean over positions.</summary>
/// <remarks>Stands in for the predictor of FQGAN, section 3.2 (arXiv 2411.16681), a transformer of three blocks with a class token.</remarks>
public sealed class FeaturePredictor : nn.Module<Tensor, Tensor>
{
    private const int Hidden = 64;

    private readonly Sequential network;

    /// <param name="codeDim">d.</param>
    /// <param name="features">Of the teacher.</param>
    public FeaturePredictor(int codeDim, int features) : base(nameof(FeaturePredictor))
    {
        network = nn.Sequential(nn.Linear(codeDim, Hidden), nn.ReLU(), nn.Linear(Hidden, features));
        RegisterComponents();
    }

    /// <param name="codes">[B, d, h, w].</param>
    /// <returns>[B, features].</returns>
    public override Tensor forward(Tensor codes)
    {
        using var scope = NewDisposeScope();
        return network.call(codes.flatten(2).transpose(1, 2)).mean([1L]).MoveToOuterDisposeScope(); // [B, h w, d] -> [B, features]
    }
}
