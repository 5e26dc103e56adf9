using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage;

/// <summary>A share with its uncertainty.</summary>
/// <param name="Right">Successes.</param>
/// <param name="Asked">Trials.</param>
public readonly record struct BinomialShare(int Right, int Asked)
{
    private const double Quantile = 1.959964; // 97.5 % of the normal distribution

    /// <summary>In [0, 1]; not a number without trials.</summary>
    public double Value => (double)Right / Asked;

    /// <summary>The interval that covers the true share with 95 %.</summary>
    /// <remarks>Source: Wilson 1927; unlike the textbook's interval it has a width where all or none succeed.</remarks>
    public (double Low, double High) Interval
    {
        get
        {
            var (z, n) = (Quantile * Quantile, (double)Asked);
            var centre = (Right + z / 2) / (n + z);
            var half = Quantile / (n + z) * Math.Sqrt(Right * (n - Right) / n + z / 4);
            return (centre - half, centre + half);
        }
    }
}

/// <summary>Right answers by type of question.</summary>
/// <param name="Types">Types that were asked.</param>
public sealed record VlmScore(IReadOnlyDictionary<QuestionType, BinomialShare> Types)
{
    private const int Chunk = 64;

    /// <summary>Over all questions: frequent types weigh more.</summary>
    public BinomialShare All => Sum(Types.Values);

    /// <summary>Over questions that one or two objects answer.</summary>
    public BinomialShare Local => Sum(Types.Where(type => type.Key.IsLocal()).Select(type => type.Value));

    /// <summary>Over questions about all objects or the background.</summary>
    public BinomialShare Global => Sum(Types.Where(type => !type.Key.IsLocal()).Select(type => type.Value));

    /// <summary>Mean of the accuracies of types, each with the same weight.</summary>
    /// <param name="types">Null: all that were asked.</param>
    public double MeanOfTypes(IEnumerable<QuestionType>? types = null) => (types ?? Types.Keys).Average(type => Types[type].Value);

    /// <summary>Types that this model answers from the picture: at least 10 points better than one that sees none.</summary>
    /// <param name="blind">The score without visual tokens.</param>
    public IReadOnlyList<QuestionType> Learned(VlmScore blind) => [.. Types.Keys.Where(type => Types[type].Value >= blind.Types[type].Value + 0.1)];

    /// <summary>Counts.</summary>
    /// <param name="types">Of every question.</param>
    /// <param name="right">Whether it was answered.</param>
    public static VlmScore Of(IEnumerable<QuestionType> types, IEnumerable<bool> right) => new(
        types.Zip(right).GroupBy(pair => pair.First, pair => pair.Second).OrderBy(group => group.Key)
            .ToDictionary(group => group.Key, group => new BinomialShare(group.Count(answered => answered), group.Count())));

    /// <summary>Asks all questions about a picture in one sequence.</summary>
    /// <param name="model">In evaluation mode.</param>
    /// <param name="batch">Pictures and questions.</param>
    /// <param name="keep">[B, n] bool, visual tokens to look at; null: all.</param>
    public static VlmScore Packed(TinyVlm model, QaBatch batch, Tensor? keep = null)
    {
        using var noGrad = no_grad();
        var right = new List<bool>();
        for (var start = 0; start < batch.Count; start += Chunk)
        {
            using var scope = NewDisposeScope();
            using var part = batch.Slice(start, Math.Min(Chunk, batch.Count - start));
            var sequence = model.Ask(model.VisualTokens(model.Vision.Encoder.call(part.Images)), part.Words);
            if (keep is not null) sequence = sequence.Keep(keep.narrow(0, start, part.Count), Execution.Mask, Positions.Keep);
            var answers = model.Decoder.Answer(sequence).argmax(-1);
            right.AddRange(answers.eq(part.Answers).flatten().cpu().data<bool>());
        }
        return Of(batch.Asked.SelectMany(asked => asked).Select(question => question.Type), right);
    }

    internal Dictionary<string, double> ToMetrics() => Types.ToDictionary(type => $"accuracy {type.Key.Label()}", type => type.Value.Value);

    private static BinomialShare Sum(IEnumerable<BinomialShare> parts) => parts.Aggregate(new BinomialShare(), (sum, part) => new(sum.Right + part.Right, sum.Asked + part.Asked));
}

/// <summary>What the encoder's patches tell by their nearest phrase.</summary>
/// <param name="Foreground">Share of object patches whose colour and shape are told.</param>
/// <param name="Background">Share of background patches whose texture is told.</param>
public sealed record PatchScore(BinomialShare Foreground, BinomialShare Background)
{
    /// <summary>Classifies patches.</summary>
    /// <param name="vision">After the first stage.</param>
    /// <param name="batch">Pictures.</param>
    public static PatchScore Of(AlignedVision vision, QaBatch batch)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var right = vision.Alignment.call(vision.call(batch.Images), vision.Words).argmax(-1).eq(batch.PatchPhrases); // [B, n]
        var foreground = batch.PatchObjects.gt(0);
        return new(Share(foreground), Share(foreground.logical_not()));

        BinomialShare Share(Tensor among) => new((int)right.logical_and(among).sum().item<long>(), (int)among.sum().item<long>());
    }

    internal Dictionary<string, double> ToMetrics() => new() { ["accuracy foreground patches"] = Foreground.Value, ["accuracy background patches"] = Background.Value };
}
