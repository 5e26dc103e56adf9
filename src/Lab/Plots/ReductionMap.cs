using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Plots;

/// <summary>What became of a picture's tokens, over the picture.</summary>
public static class ReductionMap
{
    private const float Tint = 0.55f, Dropped = 0.2f;
    private static readonly float[] white = [1, 1, 1];

    /// <summary>
    /// Every patch has the mixed colours of the tokens it went to: merged ones are alike, spread ones shade into each other, dropped ones are dark. The
    /// patch that counts most in a token is framed.
    /// </summary>
    /// <param name="picture">[3, S, S] in [0, 1].</param>
    /// <param name="reductions">In order, of one picture; none: every patch is a token of its own.</param>
    /// <param name="side">Patches along a side.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <returns>[3, S scale, S scale].</returns>
    public static Tensor Draw(Tensor picture, IReadOnlyList<Reduction> reductions, int side, int scale)
    {
        using var scope = NewDisposeScope();
        long count = side * side, patch = picture.shape[1] / side;
        var (assignment, weights) = (eye(count), eye(count)); // [M, N]
        foreach (var reduction in reductions)
        {
            assignment = reduction.Assignment()[0].cpu().matmul(assignment);
            weights = TransformMatrix.Compose(reduction.Weights()[0].cpu(), weights);
        }
        var canvas = Tinted(picture.cpu(), assignment, side, patch).repeat_interleave(scale, 1).repeat_interleave(scale, 2);
        if (reductions.Count > 0)
            foreach (var token in weights.argmax(1).data<long>().ToArray())
                Drawing.Frame(canvas, token / side * patch, token % side * patch, patch, scale, white);
        return canvas.MoveToOuterDisposeScope();
    }

    private static Tensor Tinted(Tensor picture, Tensor assignment, int side, long patch)
    {
        var colours = CodeColours.Of(arange(assignment.shape[0]).unsqueeze(1)); // [M, 3]
        var tint = Pixels(assignment.t().matmul(colours).t()); // [3, S, S]
        var kept = Pixels(assignment.sum([0L], keepdim: true)).clamp(0, 1);
        return (picture * (1 - Tint) + tint * Tint) * kept + picture.mean([0L], keepdim: true) * Dropped * (1 - kept);

        Tensor Pixels(Tensor perToken) => perToken.reshape(-1, side, side).repeat_interleave(patch, 1).repeat_interleave(patch, 2);
    }
}
