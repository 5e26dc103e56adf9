using Lab.Data;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>How well facts that were held back are found with one kind of entity vectors.</summary>
/// <param name="Name">Of the kind.</param>
/// <param name="Seed">Of graph, codes and training.</param>
/// <param name="Codes">Null for the table.</param>
/// <param name="Numbers">That stand for the entities.</param>
/// <param name="Mrr">Mean of one over the rank of the right tail, other true tails not counted.</param>
/// <param name="Entropy">Of the codes in bits; not a number for the table.</param>
/// <param name="Jaccard">Mean distance to the ten nearest codes; not a number for the table.</param>
public sealed record GraphScore(string Name, long Seed, GraphCodes? Codes, long Numbers, double Mrr, double Entropy, double Jaccard);

/// <summary>Part C with one seed.</summary>
/// <param name="Seed">Of graph, codes and training.</param>
/// <param name="Graph">What was learned.</param>
/// <param name="Scores">Table, nearest anchors, random anchors, relations only.</param>
public sealed record GraphRun(long Seed, TorusGraph Graph, IReadOnlyList<GraphScore> Scores)
{
    /// <summary>The score of an arm.</summary>
    internal GraphScore this[string name] => Scores.Single(score => score.Name == name);
}

/// <summary>Tables, nearest anchors, random anchors and relations alone, trained alike on one graph.</summary>
/// <param name="Entities">N.</param>
/// <param name="AnchorCount">A.</param>
/// <param name="Hidden">Width of the network that composes tokens.</param>
/// <param name="Steps">Batches.</param>
public sealed record GraphComparison(int Entities, int AnchorCount, int Hidden, long Steps)
{
    /// <summary>Names of the arms.</summary>
    internal const string Table = "table", NearestAnchors = "nearest anchors", RandomAnchors = "random anchors", RelationsOnly = "relations only";

    private const int Dim = 32;
    private const double TableRate = 1e-2, TokenRate = 4e-3;

    /// <summary>k: anchors of a code.</summary>
    public int PerEntity { get; init; } = 8;

    /// <summary>m: relations of a code.</summary>
    public int RelationsPerEntity { get; init; } = 4;

    /// <summary>Probability that an entity has facts of a relation.</summary>
    public double Density { get; init; } = 0.65;

    /// <summary>Facts of a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>
    /// Trainings of every arm, each from first weights of its own; the one with the lowest training loss counts. Some
    /// starts fold the torus and stay at twice the loss of the others.
    /// </summary>
    public int Starts { get; init; } = 1;

    /// <summary>Trains and measures all arms.</summary>
    /// <param name="seed">Of graph, codes and training.</param>
    /// <param name="progress">Told about every training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <exception cref="ArgumentOutOfRangeException">No start.</exception>
    public GraphRun Run(long seed, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Starts, 1);
        var graph = TorusGraph.Draw(Entities, seed, density: Density);
        (string Name, GraphCodeKind? Kind)[] arms =
        [
            (Table, null), (NearestAnchors, GraphCodeKind.NearestAnchors), (RandomAnchors, GraphCodeKind.RandomAnchors), (RelationsOnly, GraphCodeKind.RelationsOnly),
        ];
        return new(seed, graph, OneByOne.Map(arms, arm => Score(arm.Name, arm.Kind, graph, seed, progress, cancellation), cancellation));
    }

    private GraphScore Score(
        string name, GraphCodeKind? kind, TorusGraph graph, long seed, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        var codes = kind is { } made ? GraphCodes.Of(graph, made, AnchorCount, PerEntity, RelationsPerEntity, seed) : null;
        using var model = Enumerable.Range(0, Starts).Select(start => Train(name, kind, codes, graph, seed, start, progress, cancellation)).Aggregate(Better).Model;
        return new(name, seed, codes, model.Entities.Numbers, Mrr(model, graph), codes?.Entropy() ?? double.NaN, codes?.JaccardDistance() ?? double.NaN);
    }

    private (RotatE Model, double Loss) Train(
        string name, GraphCodeKind? kind, GraphCodes? codes, TorusGraph graph, long seed, int start, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
    {
        RotatE model;
        using (manual_seed(Seed.Derive(seed, "graph weights") + start))
            model = new(graph.Relations, Dim, relations => codes is null
                ? new TableEmbedding(graph.Entities, Dim)
                : new GraphAnchorTokenizer(codes, relations, Hidden, useDistances: kind == GraphCodeKind.NearestAnchors));
        var schedule = new LearningRateSchedule(codes is null ? TableRate : TokenRate) { DecaySteps = Steps / 2, Shape = DecayShape.Linear };
        var history = Trainer.Run(model, new TripleBatches(graph.Train, BatchSize, seed), batch => Loss(model, batch),
            new($"{name}, seed {seed}{(Starts > 1 ? $", start {start + 1}" : "")}", Steps, schedule) { AdamW = new() { WeightDecay = 0 }, Seed = seed, LogInterval = 50 }, null, progress, cancellation);
        return (model, history[^1].Loss);
    }

    private static (RotatE Model, double Loss) Better((RotatE Model, double Loss) one, (RotatE Model, double Loss) other)
    {
        var (better, worse) = one.Loss <= other.Loss ? (one, other) : (other, one);
        worse.Model.Dispose();
        return better;
    }

    private static Tensor Loss(RotatE model, TripleBatch batch)
    {
        var vectors = model.Entities.Vectors();
        var tails = Losses.CrossEntropy(model.Scores(vectors, batch.Heads, batch.Relations, inverse: false), batch.Tails);
        var heads = Losses.CrossEntropy(model.Scores(vectors, batch.Tails, batch.Relations, inverse: true), batch.Heads);
        return (tails + heads) / 2;
    }

    private static double Mrr(RotatE model, TorusGraph graph)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var test = TripleBatch.Of(graph.Test);
        return FilteredRank.MeanReciprocal(model.Scores(model.Entities.Vectors(), test.Heads, test.Relations, inverse: false), graph.Test, [.. graph.Train, .. graph.Test]);
    }
}

/// <summary>Ranks of true answers among all entities.</summary>
public static class FilteredRank
{
    /// <summary>Mean of one over the rank of the right tail; other tails that are true, too, are left out of the ranking, and equal scores share the mean of their ranks.</summary>
    /// <param name="scores">[B, N].</param>
    /// <param name="asked">B facts.</param>
    /// <param name="known">All true facts, those of the training included.</param>
    /// <exception cref="ArgumentException">Not as many facts as rows, or none.</exception>
    public static double MeanReciprocal(Tensor scores, IReadOnlyList<Triple> asked, IEnumerable<Triple> known)
    {
        if (asked.Count == 0 || scores.dim() != 2 || scores.shape[0] != asked.Count)
            throw new ArgumentException($"Scores [{asked.Count}, N] are needed for {asked.Count} facts, got [{string.Join(", ", scores.shape)}].", nameof(scores));
        var tails = known.Distinct().ToLookup(fact => (fact.Head, fact.Relation), fact => fact.Tail);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (count, values) = ((int)scores.shape[1], scores.to(ScalarType.Float32).contiguous().data<float>().ToArray());
        return asked.Select((fact, row) => 1 / Rank(values.AsSpan(row * count, count), fact.Tail, tails[(fact.Head, fact.Relation)])).Average();
    }

    private static double Rank(ReadOnlySpan<float> scores, int answer, IEnumerable<int> others)
    {
        var (better, equal, own) = (0, 0, scores[answer]);
        var skipped = others.ToHashSet();
        for (var i = 0; i < scores.Length; i++)
        {
            if (i == answer || skipped.Contains(i)) continue;
            if (scores[i] > own) better++;
            else if (scores[i] == own) equal++;
        }
        return 1 + better + equal / 2.0;
    }
}

/// <summary>Facts as tensors.</summary>
/// <param name="Heads">[B] int64.</param>
/// <param name="Relations">[B] int64.</param>
/// <param name="Tails">[B] int64.</param>
public sealed record TripleBatch(Tensor Heads, Tensor Relations, Tensor Tails) : IDisposable
{
    /// <summary>Of these facts.</summary>
    public static TripleBatch Of(IReadOnlyList<Triple> facts)
    {
        return new(Column(fact => fact.Head), Column(fact => fact.Relation), Column(fact => fact.Tail));

        Tensor Column(Func<Triple, long> value) => tensor(facts.Select(value).ToArray()).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Heads, Relations, Tails }) tensor.Dispose();
    }
}

/// <summary>Shuffled batches of facts.</summary>
/// <param name="facts">All.</param>
/// <param name="batchSize">Of a batch.</param>
/// <param name="seed">Of the order.</param>
internal sealed class TripleBatches(IReadOnlyList<Triple> facts, int batchSize, long seed) : IBatchSource<TripleBatch>
{
    public int BatchSize { get; } = batchSize >= 1 && batchSize <= facts.Count
        ? batchSize
        : throw new ArgumentException($"The batch size is 1 .. {facts.Count}, the number of facts; got {batchSize}.", nameof(batchSize));

    public long BatchesPerEpoch => facts.Count / BatchSize;

    public IEnumerable<TripleBatch> From(long step)
    {
        var (epoch, order) = (-1L, Array.Empty<Triple>());
        for (; ; step++)
        {
            if (step / BatchesPerEpoch != epoch)
            {
                epoch = step / BatchesPerEpoch;
                order = [.. facts];
                new CounterRandom(Seed.Derive(seed, "facts"), epoch).Shuffle<Triple>(order);
            }
            yield return TripleBatch.Of(order.AsSpan((int)(step % BatchesPerEpoch) * BatchSize, BatchSize).ToArray());
        }
    }
}
