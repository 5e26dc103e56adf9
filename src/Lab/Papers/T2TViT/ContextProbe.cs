using Lab.Metrics;
using Lab.Nn;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Papers.T2TViT;

/// <summary>What can be read off a token about the pixels around its own cell, by a linear map.</summary>
/// <param name="Map">[window, window]: share of the variance of every pixel that is explained, mean over colours; the token's cell is in the middle.</param>
/// <param name="Cell">Side of a token's cell in pixels.</param>
public sealed record ContextProbe(IReadOnlyList<IReadOnlyList<double>> Map, int Cell)
{
    private const double Strength = 1e-2, KnownShare = 0.75;

    /// <summary>Pixels around a cell that are asked for.</summary>
    public const int Margin = 6;

    /// <summary>Of the pixels that touch the cell from outside.</summary>
    public double Ring => Mean((y, x) => Math.Max(Outside(y), Outside(x)) == 1);

    /// <summary>Of the cell's own pixels.</summary>
    public double Own => Mean((y, x) => Outside(y) == 0 && Outside(x) == 0);

    /// <summary>Probes a tokenizer of square grids with pictures of white noise, in which no pixel tells anything about another.</summary>
    /// <param name="tokenizer">From [B, 3, S, S] to [B, N, D].</param>
    /// <param name="size">S.</param>
    /// <param name="seed">Of the pictures.</param>
    /// <param name="pictures">Three quarters are fitted to, the rest asked about.</param>
    public static ContextProbe OfNoise(nn.Module<Tensor, Tensor> tokenizer, int size, long seed, int pictures = 600)
    {
        using var random = new Generator((ulong)Seed.Derive(seed, "noise"));
        using var noise = randn([pictures, 3, size, size], generator: random);
        return Of(tokenizer, noise);
    }

    /// <summary>Probes a tokenizer with any pictures; where neighbouring pixels are alike, context can be guessed from the cell.</summary>
    /// <param name="tokenizer">From [B, 3, S, S] to [B, N, D].</param>
    /// <param name="pictures">[n, 3, S, S].</param>
    public static ContextProbe Of(nn.Module<Tensor, Tensor> tokenizer, Tensor pictures)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var tokens = tokenizer.call(pictures); // [n, N, D]
        var grid = (int)Math.Round(Math.Sqrt(tokens.shape[1]));
        var cell = (int)pictures.shape[2] / grid;
        var reach = (Margin + cell - 1) / cell; // tokens whose window would leave the picture are left out
        var window = cell + 2 * Margin;
        var (x, y) = (new List<Tensor>(), new List<Tensor>());
        for (var row = reach; row < grid - reach; row++)
            for (var column = reach; column < grid - reach; column++)
            {
                x.Add(tokens[.., row * grid + column]);
                y.Add(pictures.narrow(2, row * cell - Margin, window).narrow(3, column * cell - Margin, window).flatten(1));
            }

        var known = (long)(KnownShare * pictures.shape[0]);
        Tensor Part(List<Tensor> all, long start, long count) => cat([.. all.Select(rows => rows.narrow(0, start, count))]);
        var asked = pictures.shape[0] - known;
        var predicted = RidgeRegression.Predict(Part(x, 0, known), Part(y, 0, known), Part(x, known, asked), Strength);
        var map = RidgeRegression.Explained(predicted, Part(y, known, asked)).view(3, window, window).mean([0L]).cpu();
        return new([.. Enumerable.Range(0, window).Select(i => (IReadOnlyList<double>)[.. map[i].data<double>()])], cell);
    }

    // Pixels from the cell, 0 inside.
    private int Outside(int place) => Math.Max(0, Math.Max(Margin - place, place - Margin - Cell + 1));

    private double Mean(Func<int, int, bool> where) => Map.SelectMany((row, y) => row.Where((_, x) => where(y, x))).Average();
}

/// <summary>What the attention between two splits costs.</summary>
/// <param name="Kind">Of attention.</param>
/// <param name="Side">Tokens per side.</param>
/// <param name="Macs">Multiply-adds of attention's products, in one layer for one picture.</param>
/// <param name="Seconds">A forward pass of the layer for one picture, the least of several.</param>
public sealed record LayerCost(T2TKind Kind, int Side, long Macs, double Seconds)
{
    private const int Repetitions = 7;

    /// <summary>Measures both kinds at several sizes, by turns.</summary>
    /// <param name="dim">Width of a token from the split.</param>
    /// <param name="tokenDim">e.</param>
    /// <param name="sides">Tokens per side.</param>
    /// <param name="device">The CPU when null.</param>
    public static IReadOnlyList<LayerCost> Measure(int dim, int tokenDim, IReadOnlyList<int> sides, Device? device = null)
    {
        using var noGrad = no_grad();
        using var performer = new TokenPerformer(dim, tokenDim).OnDevice(device ?? CPU);
        using var transformer = new TokenTransformer(dim, tokenDim).OnDevice(device ?? CPU);
        (T2TKind Kind, nn.Module<Tensor, Tensor> Layer)[] layers = [(T2TKind.Performer, performer), (T2TKind.Transformer, transformer)];
        var costs = new List<LayerCost>();
        foreach (var side in sides)
        {
            using var scope = NewDisposeScope();
            var tokens = randn(1, (long)side * side, dim, device: device ?? CPU);
            var seconds = Latency.ByTurns([.. layers.Select(layer => layer.Layer)], tokens, Repetitions);
            costs.AddRange(layers.Select((layer, i) => new LayerCost(layer.Kind, side, MacCounter.Count(layer.Layer, tokens).Products, seconds[i])));
        }
        return costs;
    }
}
