using Lab.Nn;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

internal static class Views
{
    /// <summary>Two pictures, tokens of 8 numbers, two heads of width 4, a class token, masses of 1 to 3.</summary>
    public static TokenView Random(int tokens, int seed)
    {
        using var generator = manual_seed(seed);
        return new(randn(2, tokens, 8), randint(1, 4, [2, tokens]).to(ScalarType.Float32), new AttentionHeads(randn(2, 2, tokens + 1, 4), randn(2, 2, tokens + 1, 4), null), classTokens: 1);
    }
}
