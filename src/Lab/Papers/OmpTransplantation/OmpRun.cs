using Lab.Nn;
using Lab.Transplant;

namespace Lab.Papers.OmpTransplantation;

/// <summary>A transplanted model's scores.</summary>
/// <param name="Method">How its new rows were made.</param>
/// <param name="Bits">On the donor's tokenizer, without any training.</param>
/// <param name="Recovered">After a short training of the tables alone; null if the method had none.</param>
public sealed record MethodScore(string Method, Bits Bits, Bits? Recovered);

/// <summary>OMP with some number of anchors.</summary>
/// <param name="K">Anchors per token.</param>
/// <param name="Bits">Of the transplanted model.</param>
/// <param name="Residual">What of a new token's donor row its anchors leave, as a share of its length; mean over tokens and both tables.</param>
public sealed record SparsityScore(int K, Bits Bits, double Residual);

/// <summary>The same transplantation with another cut of numbers at the donor.</summary>
/// <param name="DonorDigits">Most digits in a token.</param>
/// <param name="Bits">Of the transplanted model, at the k of the comparison.</param>
public sealed record NumberScore(int DonorDigits, Bits Bits);

/// <summary>The same transplantation from a base whose tokenizer was made for other texts.</summary>
/// <param name="MadeFor">The base's tokenizer.</param>
/// <param name="AnchorShare">Share of the donor's tokens of language B that are anchors, in [0, 1].</param>
/// <param name="SubwordMean">Bits with the mean of subwords.</param>
/// <param name="Omp">Bits with OMP at the k that does better on the validation texts.</param>
public sealed record AnchorScore(string MadeFor, double AnchorShare, Bits SubwordMean, Bits Omp);

/// <summary>All that was measured with one seed. Owns the models.</summary>
/// <param name="Seed">Of the models' weights and data order.</param>
/// <param name="Pair">Base and donor.</param>
/// <param name="Base">The base on its own tokenizer.</param>
/// <param name="Donor">The donor on its own.</param>
/// <param name="BestK">4 or 8, whichever does better on the validation texts.</param>
/// <param name="Methods">Baselines, then OMP at <paramref name="BestK"/>.</param>
/// <param name="Sparsity">OMP over k.</param>
/// <param name="Permuted">OMP at <paramref name="BestK"/> whose anchors give each other's base rows.</param>
/// <param name="Numbers">OMP with donors that cut numbers otherwise; empty if no other donor was trained.</param>
/// <param name="Anchors">Bases whose tokenizers know one language or both; empty if no other base was trained.</param>
/// <param name="Transplanted">OMP at <paramref name="BestK"/>.</param>
/// <param name="Trained">The input rows that new tokens get when they start at zero and are trained in the base; null without recovery. [V_d, d_o].</param>
public sealed record OmpRun(
    long Seed, TransplantPair Pair, Bits Base, Bits Donor, int BestK, IReadOnlyList<MethodScore> Methods, IReadOnlyList<SparsityScore> Sparsity, Bits Permuted,
    IReadOnlyList<NumberScore> Numbers, IReadOnlyList<AnchorScore> Anchors, Decoder Transplanted, TorchSharp.torch.Tensor? Trained) : IDisposable
{
    /// <summary>OMP at <see cref="BestK"/>.</summary>
    public MethodScore Omp => Methods[^1];

    /// <summary>The scores of a method.</summary>
    /// <exception cref="ArgumentException">It was not run; the message says what was.</exception>
    public MethodScore this[string method] => Methods.FirstOrDefault(score => score.Method == method)
        ?? throw new ArgumentException($"There is no method '{method}', only {string.Join(", ", Methods.Select(score => score.Method))}.", nameof(method));

    /// <summary>The scores of OMP with some k.</summary>
    /// <exception cref="ArgumentException">It was not run.</exception>
    public SparsityScore AtK(int k) => Sparsity.FirstOrDefault(score => score.K == k) ?? throw new ArgumentException($"OMP was not run with k = {k}.", nameof(k));

    /// <inheritdoc/>
    public void Dispose()
    {
        Pair.Dispose();
        Transplanted.Dispose();
        Trained?.Dispose();
    }
}
