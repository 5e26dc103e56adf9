using Lab.Data;
using Lab.ImageTokenizers;
using Lab.ImageTokenizers.Priors;
using Lab.Metrics;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>What the books of a tokenizer know, each by itself.</summary>
/// <param name="SquaredCosine">Mean squared cosine between codes of a position, over pairs of books; chance is 1 / d. Not a number for one book.</param>
/// <param name="Usage">Share of its codes that occur, by book.</param>
/// <param name="Probe">Share of test pictures whose colour (or class) a linear map tells from the mean of a book's codes, by book.</param>
public sealed record BookReport(double SquaredCosine, IReadOnlyList<double> Usage, IReadOnlyList<double> Probe)
{
    private const int Batch = 256;

    /// <summary>Measured on the test pictures.</summary>
    /// <param name="tokenizer">In evaluation mode, with a factorized bottleneck.</param>
    /// <param name="data">Pictures.</param>
    /// <param name="device">Of the tokenizer; the CPU when null.</param>
    public static BookReport Of(ImageTokenizer tokenizer, TokenizerData data, Device? device = null)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var bottleneck = (FactorizedBottleneck)tokenizer.Bottleneck;
        var (books, test) = (bottleneck.Options.Books, data.Images.Test);
        var (codes, means, cosine) = (new List<Tensor>(), Enumerable.Range(0, books).Select(_ => new List<Tensor>()).ToArray(), 0.0);
        foreach (var batch in test.InOrder(Batch, Normalization.Signed, device))
        {
            using var step = NewDisposeScope();
            using var _ = batch;
            var quantized = bottleneck.call(tokenizer.Encode(batch.Images));
            codes.Add(quantized.Codes.MoveToOuterDisposeScope());
            Tensor[] branches = [.. Enumerable.Range(0, books).Select(book => bottleneck.Branch(quantized.Values, book))];
            for (var book = 0; book < books; book++) means[book].Add(branches[book].mean([2, 3]).MoveToOuterDisposeScope());
            cosine += DisentangleLoss.Of([.. branches.Select(values => values.permute(0, 2, 3, 1))]).item<float>() * batch.Images.shape[0] / test.Count;
        }
        var all = cat(codes);
        var (labels, classes) = Asked(data);
        return new(
            books > 1 ? cosine : double.NaN,
            [.. bottleneck.BookSizes.Select((size, book) => CodebookUse(all, book, size))],
            [.. means.Select(book => RidgeProbe.Accuracy(cat(book), labels.to(all.device), classes))]);

        static double CodebookUse(Tensor codes, int book, long size) => Quantization.CodebookUse.Of(codes.select(-1, book), size).Usage;
    }

    // The colour of drawn shapes, the class of photographs.
    private static (Tensor Labels, int Classes) Asked(TokenizerData data)
    {
        var head = data.ConditionHeads.Count - 1;
        return (data.Split(data.Images.Test.Labels)[head], data.Heads[head].Classes);
    }
}

/// <summary>What became of an arm with one seed. Owns the tokenizer.</summary>
/// <param name="Arm">What was trained.</param>
/// <param name="Seed">Of first weights and of the order of pictures.</param>
/// <param name="Tokenizer">In evaluation mode.</param>
/// <param name="Curve">While training.</param>
/// <param name="Score">Afterwards, on all test pictures.</param>
/// <param name="Books">What each book knows.</param>
/// <param name="Flops">Of the training.</param>
/// <param name="Seconds">Of the training.</param>
public sealed record FqganRun(
    FqganArm Arm, long Seed, ImageTokenizer Tokenizer, IReadOnlyList<TokenizerPoint> Curve, TokenizerScore Score, BookReport Books, double Flops, double Seconds) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Tokenizer.Dispose();
}

/// <summary>All tokenizers. Owns them.</summary>
/// <param name="Runs">Seed by seed, in the order of the arms.</param>
/// <param name="Frechet">Between what the Frechet distances lie.</param>
public sealed record FqganTokenizers(IReadOnlyList<FqganRun> Runs, FrechetRange Frechet) : IDisposable
{
    /// <summary>The arms, in order.</summary>
    public IReadOnlyList<FqganArm> Arms => [.. Runs.Select(run => run.Arm).Distinct()];

    /// <summary>The runs of an arm, one per seed; none if it was not trained.</summary>
    public IReadOnlyList<FqganRun> Of(FqganArm arm) => [.. Runs.Where(run => run.Arm == arm)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }
}

/// <summary>A prior with one head and seed. Owns the prior and the pictures.</summary>
/// <param name="Head">How codes are predicted.</param>
/// <param name="Seed">Of the tokenizer, of first weights and of the order of grids.</param>
/// <param name="Prior">In evaluation mode.</param>
/// <param name="History">Of the training.</param>
/// <param name="Nats">Per code on the test pictures, by book.</param>
/// <param name="Score">Of what it generates.</param>
/// <param name="Pictures">[<see cref="Shown"/>, 3, S, S]: the first of them; not clamped.</param>
/// <param name="SecondsPerImage">Sampling and decoding, in one large batch.</param>
public sealed record FarRun(
    FarHead Head, long Seed, CausalPrior Prior, IReadOnlyList<TrainingProgress> History, IReadOnlyList<double> Nats, GeneratedScore Score, Tensor Pictures, double SecondsPerImage) : IDisposable
{
    /// <summary>Pictures kept of all that were generated.</summary>
    public const int Shown = 12;

    /// <inheritdoc/>
    public void Dispose()
    {
        Prior.Dispose();
        Pictures.Dispose();
    }
}

/// <summary>All priors. Owns them.</summary>
/// <param name="Runs">Seed by seed, in the order of the heads.</param>
public sealed record FarResults(IReadOnlyList<FarRun> Runs) : IDisposable
{
    /// <summary>The heads, in order.</summary>
    public IReadOnlyList<FarHead> Heads => [.. Runs.Select(run => run.Head).Distinct()];

    /// <summary>The runs with a head, one per seed; none if there is no such prior.</summary>
    public IReadOnlyList<FarRun> Of(FarHead head) => [.. Runs.Where(run => run.Head == head)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }
}
