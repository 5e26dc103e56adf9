using Lab.Nn;
using Lab.Text;

namespace Lab.Metrics;

/// <summary>Operations of a language model's forward pass by part, a multiply-add counted as two. Training takes three times as many.</summary>
/// <param name="Encoder">Matrices that read words.</param>
/// <param name="Backbone">Matrices of the main stack.</param>
/// <param name="Decoder">Matrices that spell words.</param>
/// <param name="Head">The output layer.</param>
/// <param name="Attention">Products of queries, keys and values, counted in full; comparisons of papers leave them out.</param>
public readonly record struct ForwardCost(double Encoder, double Backbone, double Decoder, double Head, double Attention)
{
    /// <summary>Costs that differ by no more than this share count as equal.</summary>
    internal const double Tolerance = 0.05;

    /// <summary>Without attention's products.</summary>
    public double Matrices => Encoder + Backbone + Decoder + Head;

    /// <summary>All of it.</summary>
    public double Total => Matrices + Attention;

    /// <summary>Of forward and backward pass, matrices alone.</summary>
    public double Training => 3 * Matrices;

    /// <summary>The cost of words.</summary>
    /// <param name="model">Sizes.</param>
    /// <param name="words">Each is counted with its own bytes; padding is not.</param>
    /// <remarks>Source: Neitemeier et al. 2025, appendix on FLOPs (arXiv 2501.10322).</remarks>
    public static ForwardCost Of(WordLmOptions model, WordText words)
    {
        double d = model.CharWidth, wide = model.Width, p = model.Prefixes;
        var (inside, projection) = (24 * d * d * model.CharLayers, model.Projected ? 2 * p * d * wide : 0);
        var cost = default(ForwardCost);
        for (var i = 0; i < words.Count; i++)
        {
            double bytes = words.Starts[i + 1] - words.Starts[i], units = bytes + p;
            cost += new ForwardCost(
                inside * units + projection,
                24 * wide * wide * model.Layers * p,
                inside * units + projection,
                2 * 256 * d * (bytes + 1),
                2 * 4 * units * units * d * model.CharLayers + 4 * model.Context * p * p * wide * model.Layers);
        }
        return cost;
    }

    /// <summary>The cost of tokens.</summary>
    /// <param name="model">Sizes.</param>
    /// <param name="tokens">How many.</param>
    public static ForwardCost Of(DecoderOptions model, double tokens) => new ForwardCost(
        0, 24.0 * model.Dim * model.Dim * model.Depth, 0, 2.0 * model.Vocabulary * model.Dim, 4.0 * model.Context * model.Dim * model.Depth) * tokens;

    /// <summary>A decoder of a given cost, within 5 %: its depth is as near as possible to a given one, its heads are 32 wide or little more.</summary>
    /// <param name="vocabulary">Tokens.</param>
    /// <param name="context">Most tokens in a sequence.</param>
    /// <param name="depth">Wanted.</param>
    /// <param name="budget">Operations per token, forward.</param>
    /// <param name="cost">What of the cost is compared.</param>
    /// <exception cref="ArgumentException">No decoder of that vocabulary comes near.</exception>
    public static DecoderOptions Match(int vocabulary, int context, int depth, double budget, Func<ForwardCost, double> cost)
    {
        var candidates =
            from width in Enumerable.Range(1, 128).Select(i => 8 * i)
            from layers in Enumerable.Range(1, 24)
            let heads = Enumerable.Range(1, Math.Max(1, width / 32)).Last(count => width % count == 0)
            let options = new DecoderOptions(vocabulary, width, layers, heads, context)
            let error = Math.Abs(cost(Of(options, 1)) / budget - 1)
            where error <= Tolerance
            orderby Math.Abs(layers - depth), error
            select options;
        return candidates.FirstOrDefault() ?? throw new ArgumentException(
            $"No decoder of {vocabulary} tokens costs {budget / 1e6:F2} MFLOP per token within {100 * Tolerance:F0} %: choose a smaller vocabulary or a larger model.");
    }

    /// <summary>Part by part.</summary>
    public static ForwardCost operator +(ForwardCost a, ForwardCost b) =>
        new(a.Encoder + b.Encoder, a.Backbone + b.Backbone, a.Decoder + b.Decoder, a.Head + b.Head, a.Attention + b.Attention);

    /// <summary>Part by part.</summary>
    public static ForwardCost operator *(ForwardCost cost, double factor) =>
        new(cost.Encoder * factor, cost.Backbone * factor, cost.Decoder * factor, cost.Head * factor, cost.Attention * factor);

    /// <summary>Part by part.</summary>
    public static ForwardCost operator /(ForwardCost cost, double count) => cost * (1 / count);
}
