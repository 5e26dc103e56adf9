using System.Globalization;
using Lab.Text;
using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Papers.OmpTransplantation;

/// <summary>A new token as a sum of anchors in the input table.</summary>
/// <param name="Token">Donor id.</param>
/// <param name="Terms">Donor ids of anchors and their coefficients, the largest magnitude first.</param>
/// <param name="Residual">What of the token's donor row is left, as a share of its length.</param>
public sealed record AnchorSum(int Token, IReadOnlyList<(int Anchor, double Weight)> Terms, double Residual)
{
    /// <summary>The sums of the new tokens that a text has most often.</summary>
    /// <param name="pair">Base and donor.</param>
    /// <param name="text">UTF-8.</param>
    /// <param name="tokens">How many; fewer if the text has fewer.</param>
    /// <param name="k">Anchors per token.</param>
    public static IReadOnlyList<AnchorSum> Of(TransplantPair pair, ReadOnlySpan<byte> text, int tokens, int k)
    {
        using var scope = NewDisposeScope();
        var (added, codes) = (pair.Input.New.ToList(), new OmpRows(k).Codes(pair.Input));
        var most = pair.Donor.Tokenizer.Encode(text).CountBy(id => id).OrderByDescending(count => count.Value).ThenBy(count => count.Key).Select(count => added.IndexOf(count.Key));
        return [.. most.Where(row => row >= 0).Take(tokens).Select(row =>
        {
            var (indices, weights) = (codes.Indices[row].data<long>().ToArray(), codes.Coefficients[row].data<double>().ToArray());
            return new AnchorSum(
                added[row], [.. indices.Zip(weights, (index, weight) => (pair.Anchors[(int)index], weight)).OrderByDescending(term => Math.Abs(term.weight))],
                codes.Residuals[row, k - 1].item<double>());
        })];
    }

    /// <summary>E.g. <c>0.80 ·run + 0.50 ing − 0.12 ·s</c>.</summary>
    /// <param name="vocabulary">The donor's.</param>
    /// <param name="terms">How many, at most.</param>
    public string Spell(Vocabulary vocabulary, int terms)
    {
        var spelled = "";
        foreach (var (anchor, weight) in Terms.Take(terms))
            spelled += $"{(weight < 0 ? spelled.Length == 0 ? "−" : " − " : spelled.Length == 0 ? "" : " + ")}{Math.Abs(weight).ToString("F2", CultureInfo.InvariantCulture)} {vocabulary.Spell(anchor)}";
        return Terms.Count > terms ? spelled + " …" : spelled;
    }
}
