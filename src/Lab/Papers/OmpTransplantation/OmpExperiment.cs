using Lab.Data;
using Lab.Nn;
using Lab.Runtime;
using Lab.Text;
using Lab.Training;
using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Papers.OmpTransplantation;

/// <summary>
/// The reproduction: two small language models with different widths and tokenizers learn the same text; the first is put
/// onto the tokenizer of the second in all ways that the paper compares, without training.
/// </summary>
/// <param name="IsFull">Decides which claims get a verdict.</param>
/// <param name="Base">Sizes of the base; its vocabulary is that of its tokenizer.</param>
/// <param name="Donor">Sizes of the donor.</param>
/// <param name="Steps">Batches that every model is trained on.</param>
/// <param name="TokensPerStep">Tokens in a batch.</param>
public sealed record OmpExperiment(bool IsFull, DecoderOptions Base, DecoderOptions Donor, long Steps, int TokensPerStep)
{
    // A recovery takes as long as a tenth of a training, so it is left to the methods that the claims and the order of starts are about.
    private static readonly string[] recovered = ["zero", "mean", "subword mean"];

    /// <summary>Highest learning rate of both models.</summary>
    public double LearningRate { get; init; } = 4e-3;

    /// <summary>Training text of each language, in bytes.</summary>
    public int BytesPerLanguage { get; init; } = 600_000;

    /// <summary>Bytes of a text that are scored.</summary>
    public int ScoredBytes { get; init; } = 4_000;

    /// <summary>Share of the sentences that are sums.</summary>
    public double SumShare { get; init; } = 0.12;

    /// <summary>Most digits in a token of the base.</summary>
    public int BaseDigits { get; init; } = 1;

    /// <summary>Most digits in a token of the donor.</summary>
    public int DonorDigits { get; init; } = 3;

    /// <summary>Train a second donor, which cuts numbers as the base does.</summary>
    public bool CompareNumbers { get; init; }

    /// <summary>Train a second base, whose tokenizer was made for both languages, so that both have anchors.</summary>
    public bool CompareAnchors { get; init; }

    /// <summary>The ks of which the better one counts as OMP; chosen on the validation texts.</summary>
    public IReadOnlyList<int> Candidates { get; init; } = [4, 8];

    /// <summary>Only tokens that both models met serve as anchors.</summary>
    public bool TrainedAnchorsOnly { get; init; } = true;

    /// <summary>Choose anchors by the cosine instead of the inner product.</summary>
    public bool UnitAtoms { get; init; }

    /// <summary>Distance of the nearest-neighbour baseline: 1 minus the cosine instead of Euclid's.</summary>
    public bool KnnCosine { get; init; }

    /// <summary>Batches on which the tables alone are trained after a transplantation; 0: none.</summary>
    public int RecoverySteps { get; init; }

    /// <summary>Two small models for some tens of seconds on two cores.</summary>
    public static OmpExperiment Quick { get; } = new(
        false, Untied(new(512, Dim: 96, Depth: 2, Heads: 4, Context: 64)), Untied(new(768, Dim: 64, Depth: 2, Heads: 2, Context: 64)), Steps: 400, TokensPerStep: 512);

    /// <summary>Longer training, a second donor, a second base and a recovery, for minutes on two cores.</summary>
    public static OmpExperiment Full { get; } = new(
        true, Quick.Base, Quick.Donor, Steps: 1400, TokensPerStep: 1024)
    {
        BytesPerLanguage = 1_500_000,
        ScoredBytes = 8_000,
        CompareNumbers = true,
        CompareAnchors = true,
        RecoverySteps = 60,
    };

    /// <summary>The experiment of a profile.</summary>
    /// <param name="profile"><c>quick</c> or <c>full</c>.</param>
    /// <exception cref="ArgumentException">Another profile.</exception>
    public static OmpExperiment Of(string profile) => Profile.Choose(profile, Quick, Full);

    /// <summary>The texts of this scale.</summary>
    public OmpCorpus LoadData() => OmpCorpus.Grammar(BytesPerLanguage, SumShare, ScoredBytes);

    /// <summary>The ks of the ablation: powers of two, the candidates, an eighth of the donor's width, and that width, where the sums are exact.</summary>
    internal IReadOnlyList<int> Ks => [.. Enumerable.Range(0, 20).Select(i => 1 << i).TakeWhile(k => k < Donor.Dim).Union(Candidates).Union([Donor.Dim / 8, Donor.Dim]).Order()];

    /// <summary>Trains what the cache lacks and measures everything, seed by seed.</summary>
    /// <param name="corpus">Usually from <see cref="LoadData"/>.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="cache">Of models; the user's when null.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No seed, or a value outside its range.</exception>
    public OmpResults Run(
        OmpCorpus corpus, IReadOnlyList<long> seeds, ModelCache? cache = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        if (seeds.Count == 0) throw new ArgumentException("An experiment needs at least one seed.", nameof(seeds));
        var training = corpus.Train;
        var vectors = new AuxiliaryEmbedding(training.Train);
        var runs = Runs.All(seeds.Select(seed => new SeedRun(this, corpus, training, vectors, seed, cache, progress, cancellation).Run()));
        return new(this, corpus, runs);
    }

    /// <summary>The baselines of the paper and its tool, in order.</summary>
    internal IReadOnlyList<ITransplantStrategy> Baselines(AuxiliaryEmbedding vectors, long seed) =>
    [
        new RandomRows(seed), new ZeroRows(), new MeanRows(), new HewittRows(seed), new SubwordMeanRows(), new FirstLastRows(),
        new WechselRows(vectors), new FocusRows(vectors), new ClpRows(), new KnnInterpolationRows(8) { Cosine = KnnCosine }, new LandmarkPcaRows(),
    ];

    private static DecoderOptions Untied(DecoderOptions options) => options with { TiedOutput = false };

    /// <summary>The work of one seed.</summary>
    private sealed class SeedRun(
        OmpExperiment plan, OmpCorpus corpus, TextSplits training, AuxiliaryEmbedding vectors, long seed,
        ModelCache? cache, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        public OmpRun Run()
        {
            var pair = Pair(plan.DonorDigits, baseKnowsAll: false);
            try
            {
                return Measure(pair);
            }
            catch
            {
                pair.Dispose();
                throw;
            }
        }

        private OmpRun Measure(TransplantPair pair)
        {
            var (k, best) = Best(pair);
            SparsityScore[] sparsity = [.. plan.Ks.Select(each => Sparsity(pair, each))];
            var scores = new List<MethodScore>();
            Tensor? trained = null;
            foreach (var strategy in plan.Baselines(vectors, seed))
            {
                using var model = pair.Transplant(strategy);
                scores.Add(new(strategy.Name, Score(pair, model), recovered.Contains(strategy.Name) ? Recovered(pair, model) : null));
                if (strategy is ZeroRows && plan.RecoverySteps > 0) trained = model.InputTable.detach().clone().DetachFromDisposeScope();
            }
            using var omp = pair.Transplant(Omp(k)); // a second one, since the recovery trains it
            scores.Add(new(Omp(k).Name, sparsity.Single(score => score.K == k).Bits, Recovered(pair, omp)));
            return new(
                seed, pair, corpus.Score(pair.Base.Model, pair.Base.Tokenizer), corpus.Score(pair.Donor.Model, pair.Donor.Tokenizer), k, scores, sparsity,
                Score(pair, new OmpRows(k) { UnitAtoms = plan.UnitAtoms, PermutationSeed = seed }), Numbers(sparsity), Anchors(pair, scores), best, trained);
        }

        private OmpRows Omp(int k) => new(k) { UnitAtoms = plan.UnitAtoms };

        private TransplantPair Pair(int donorDigits, bool baseKnowsAll) => new(
            Train("base", plan.Base, plan.BaseDigits, baseKnowsAll), Train("donor", plan.Donor, donorDigits, knowsAll: true), training.Train, plan.TrainedAnchorsOnly);

        private TinyLm Train(string role, DecoderOptions sizes, int digits, bool knowsAll)
        {
            var tokenizer = corpus.Tokenizer(sizes.Vocabulary, digits, knowsAll);
            var options = new TinyLmOptions(sizes with { Vocabulary = tokenizer.Vocabulary.Size }, plan.Steps)
            {
                TokensPerStep = plan.TokensPerStep,
                LearningRate = plan.LearningRate,
                Seed = Seed.Derive(seed, role),
            };
            return TinyLm.GetOrTrain(options, tokenizer, training, progress: progress, cache: cache, cancellation: cancellation);
        }

        // The k is a setting, so the validation texts choose it.
        private (int K, Decoder Model) Best(TransplantPair pair)
        {
            var tried = plan.Candidates.Select(k =>
            {
                var model = pair.Transplant(Omp(k));
                return (K: k, Model: model, Bits: corpus.Validate(model, pair.Donor.Tokenizer));
            }).ToArray();
            var best = tried.MinBy(each => each.Bits);
            foreach (var (_, model, _) in tried)
                if (model != best.Model) model.Dispose();
            return (best.K, best.Model);
        }

        private Bits Score(TransplantPair pair, ITransplantStrategy strategy)
        {
            using var model = pair.Transplant(strategy);
            return Score(pair, model);
        }

        private Bits Score(TransplantPair pair, Decoder model)
        {
            cancellation.ThrowIfCancellationRequested();
            return corpus.Score(model, pair.Donor.Tokenizer);
        }

        private Bits? Recovered(TransplantPair pair, Decoder model)
        {
            if (plan.RecoverySteps == 0) return null;
            new EmbeddingRecovery(plan.RecoverySteps, plan.TokensPerStep, Seed.Derive(seed, "recovery")).Run(model, pair.Donor.Tokenizer, training.Train, progress, cancellation);
            return Score(pair, model);
        }

        private SparsityScore Sparsity(TransplantPair pair, int k)
        {
            using var scope = NewDisposeScope();
            var residuals = new[] { pair.Input, pair.Output! }.Average(problem => Omp(k).Codes(problem).Residuals.select(1, k - 1).mean().item<double>());
            return new(k, Score(pair, Omp(k)), residuals);
        }

        private IReadOnlyList<NumberScore> Numbers(IReadOnlyList<SparsityScore> sparsity)
        {
            if (!plan.CompareNumbers) return [];
            using var equal = Pair(plan.BaseDigits, baseKnowsAll: false);
            var k = plan.Candidates[0];
            return [new(plan.DonorDigits, sparsity.Single(score => score.K == k).Bits), new(plan.BaseDigits, Score(equal, Omp(k)))];
        }

        private IReadOnlyList<AnchorScore> Anchors(TransplantPair pair, IReadOnlyList<MethodScore> scores)
        {
            if (!plan.CompareAnchors) return [];
            using var both = Pair(plan.DonorDigits, baseKnowsAll: true);
            var (k, best) = Best(both);
            using (best)
                return
                [
                    new("A", Used(pair), scores.Single(score => score.Method == new SubwordMeanRows().Name).Bits, scores[^1].Bits),
                    new("A and B", Used(both), Score(both, new SubwordMeanRows()), Score(both, best)),
                ];
        }

        // Share of the tokens of B, as the donor cuts it, that are anchors.
        private double Used(TransplantPair pair)
        {
            var anchors = pair.Anchors.ToHashSet();
            return pair.Donor.Tokenizer.Encode(corpus.Texts.Single(text => text.Name == OmpCorpus.B).Test).Average(token => anchors.Contains(token) ? 1.0 : 0);
        }
    }
}
