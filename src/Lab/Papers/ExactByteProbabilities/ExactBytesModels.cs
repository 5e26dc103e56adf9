using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>The models of one seed. Owns them.</summary>
/// <param name="Source">The known source.</param>
/// <param name="Chain">Has learned the known source.</param>
/// <param name="Cut">Its prompts are cut; where texts with gaps are part of the experiment, half of its training text has some.</param>
/// <param name="Bytes">For reference: tokens are bytes, and training took as many operations as that of <paramref name="Cut"/>.</param>
/// <param name="First">Of the ensemble.</param>
/// <param name="Second">Of the ensemble, with another vocabulary and of like quality.</param>
/// <param name="Validation">Bits per byte of validation text that the two of the ensemble were matched by.</param>
public sealed record ExactBytesModels(
    MarkovSource Source, TinyLm Chain, TinyLm Cut, TinyLm Bytes, TinyLm First, TinyLm Second, (double First, double Second) Validation) : IDisposable
{
    private const int ValidationBytes = 20_000;
    private const double LikeQuality = 0.05; // bits per byte apart, as a share of the better ones

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var model in new[] { Chain, Cut, Bytes, First, Second }) model.Dispose();
    }

    /// <summary>Trains all of them, or takes them from the cache.</summary>
    internal static ExactBytesModels Train(
        ExactBytesExperiment plan, TextSplits corpus, long seed, ModelCache? cache, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var source = MarkovSource.Random("AB", plan.ChainOrder, seed);
        var tokenizer = ChainErrors.Tokenizer(source, plan.ChainMerges, seed);
        var trained = new List<TinyLm>();
        try
        {
            var chain = Kept(LearnedChain.Train(source, tokenizer, plan.ChainBytes, plan.ChainSteps, seed, cache, progress, cancellation));
            var cut = Kept(Of(Bpe(plan.Vocabularies.Cut, gaps: plan.GapShare > 0), plan.Model, plan.Steps, plan.GapShare));
            var flops = (double)cut.Options.Model.TrainingFlops / plan.Model(256).TrainingFlops;
            var bytes = Kept(Of(Bpe(256, gaps: false), plan.Model, (long)Math.Round(plan.Steps * flops), 0));
            var pair = Matched(plan.EnsembleSteps, corpus.Validation.AsSpan(0, Math.Min(ValidationBytes, corpus.Validation.Length)),
                steps => Of(Bpe(plan.Vocabularies.First, gaps: false), plan.EnsembleModel, steps, 0),
                steps => Of(Bpe(plan.Vocabularies.Second, gaps: false), plan.EnsembleModel, steps, 0));
            return new(source, chain, cut, bytes, pair.First, pair.Second, pair.Validation);
        }
        catch
        {
            foreach (var model in trained) model.Dispose();
            throw;
        }

        TinyLm Kept(TinyLm model)
        {
            trained.Add(model);
            return model;
        }

        Bpe Bpe(int vocabulary, bool gaps)
        {
            var counts = new PieceCounts(PreTokenizer.SpacePrefix);
            counts.Add(corpus.Train);
            return Text.Bpe.Train(counts, vocabulary, gaps ? FillInTheMiddle.SpecialTokens : null, cancellation);
        }

        TinyLm Of(Bpe bpe, Func<int, DecoderOptions> sizes, long steps, double gapShare)
        {
            var options = new TinyLmOptions(sizes(bpe.Vocabulary.Size), steps) { TokensPerStep = plan.TokensPerStep, Seed = seed };
            var tokens = gapShare > 0 ? new FillInTheMiddle(bpe).TrainingTokens(corpus.Train, plan.Stretch, gapShare, Seed.Derive(seed, "gaps")) : null;
            return TinyLm.GetOrTrain(options, bpe, corpus, progress: progress, cache: cache, cancellation: cancellation, trainingTokens: tokens);
        }
    }

    // A model far better than the other would make an ensemble look useless: the better one is trained anew for fewer
    // steps until both are alike. Only validation text decides.
    private static (TinyLm First, TinyLm Second, (double, double) Validation) Matched(
        (long First, long Second) steps, ReadOnlySpan<byte> validation, Func<long, TinyLm> trainFirst, Func<long, TinyLm> trainSecond)
    {
        TinyLm? first = null, second = null;
        try
        {
            while (true)
            {
                first ??= trainFirst(steps.First);
                second ??= trainSecond(steps.Second);
                var (a, b) = (first.Score(validation).Value, second.Score(validation).Value);
                if (Math.Abs(a - b) <= LikeQuality * Math.Min(a, b)) return (first, second, (a, b));
                if (a < b) Shorten(ref first, ref steps.First);
                else Shorten(ref second, ref steps.Second);
            }
        }
        catch
        {
            first?.Dispose();
            second?.Dispose();
            throw;
        }

        static void Shorten(ref TinyLm? model, ref long steps)
        {
            if (steps == 1) throw new InvalidOperationException("The two models of the ensemble do not come to like quality, however short the better one is trained: give the other one more steps.");
            model!.Dispose();
            (model, steps) = (null, steps * 4 / 5);
        }
    }
}
