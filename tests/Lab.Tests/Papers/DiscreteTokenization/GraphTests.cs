using CsCheck;
using Lab.Papers.DiscreteTokenization;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.DiscreteTokenization;

public sealed class GraphTests
{
    // 0 - 1 - 2 - 3 in a line by relation 0, 4 alone.
    private static readonly TorusGraph line = new(
        [(0, 0), (0.1f, 0), (0.2f, 0), (0.3f, 0), (0.9f, 0.9f)], 2, [new(0, 0, 1), new(1, 0, 2), new(2, 1, 3)], [new(0, 1, 3)]);

    [Fact]
    public void A_graph_follows_from_its_seed_and_facts_lead_near_the_shifted_point()
    {
        var (graph, again, other) = (TorusGraph.Draw(80, 1), TorusGraph.Draw(80, 1), TorusGraph.Draw(80, 2));
        Assert.Equal(graph.Train, again.Train);
        Assert.NotEqual(graph.Train, other.Train);
        Triple[] facts = [.. graph.Train, .. graph.Test];
        Assert.InRange(facts.Length, 80 * 10 * 0.65 * 3 * 0.9, 80 * 10 * 0.65 * 3 * 1.1);
        Assert.InRange((double)graph.Test.Count / facts.Length, 0.07, 0.13);
        Assert.All(facts.GroupBy(fact => (fact.Head, fact.Relation)), group => Assert.Equal(3, group.Select(fact => fact.Tail).Distinct().Count()));
        Assert.DoesNotContain(facts, fact => fact.Head == fact.Tail);

        // Tails of one relation lie at one shift from their heads, as near as 80 points allow.
        foreach (var relation in facts.GroupBy(fact => fact.Relation))
        {
            var shifts = relation.Select(fact => Around(graph.Places[fact.Tail].X - graph.Places[fact.Head].X)).ToArray();
            Assert.InRange(Math.Abs(shifts.Average(shift => Math.Cos(2 * Math.PI * shift))) + Math.Abs(shifts.Average(shift => Math.Sin(2 * Math.PI * shift))), 0.85, 1.45);
        }

        static double Around(double difference) => difference - Math.Round(difference);
    }

    [Fact]
    public void Nearest_anchors_come_by_hops_then_by_their_order_and_an_anchor_is_its_own_nearest()
    {
        var codes = GraphCodes.Of(line, GraphCodeKind.NearestAnchors, anchors: 5, perEntity: 3, relationsPerEntity: 2, seed: 1);
        for (var anchor = 0; anchor < 5; anchor++)
        {
            Assert.Equal(anchor, codes.AnchorCodes[codes.Anchors[anchor]][0]);
            Assert.Equal(0, codes.Distances[codes.Anchors[anchor]][0]);
        }
        Assert.Equal([0, 1, 2], codes.Distances[0]);
        Assert.Equal([0, 1, 2], codes.AnchorCodes[0].Select(anchor => codes.Anchors[anchor]));
        Assert.Equal([0, 1, 1], codes.Distances[1]);
        Assert.True(codes.AnchorCodes[1][1] < codes.AnchorCodes[1][2]); // both one hop away
    }

    [Fact]
    public void An_isolated_entity_reaches_nothing_and_has_no_relation()
    {
        var codes = GraphCodes.Of(line, GraphCodeKind.NearestAnchors, anchors: 2, perEntity: 2, relationsPerEntity: 2, seed: 1);
        Assert.DoesNotContain(4, codes.Anchors.Take(1));
        Assert.All(codes.AnchorCodes[4].Zip(codes.Distances[4]), code => Assert.True(code.First == codes.Nothing && code.Second == 0 || codes.Anchors[code.First] == 4));
        Assert.Equal([codes.NoRelation, codes.NoRelation], codes.RelationCodes[4]);
        Assert.Equal([0, 2], codes.RelationCodes[1]); // leads away by 0, reached by 0: the inverse counts as another relation
        Assert.Equal([3, codes.NoRelation], codes.RelationCodes[3]);
    }

    [Fact]
    public void Random_codes_hold_distinct_anchors_without_distances()
    {
        var graph = TorusGraph.Draw(60, 3);
        var codes = GraphCodes.Of(graph, GraphCodeKind.RandomAnchors, 12, 5, 4, seed: 1);
        Assert.All(codes.AnchorCodes, code => Assert.Equal(5, code.Distinct().Count()));
        Assert.All(codes.AnchorCodes.SelectMany(code => code), anchor => Assert.InRange(anchor, 0, 11));
        Assert.Equal(12, codes.Anchors.Distinct().Count());
        Assert.NotEqual(codes.AnchorCodes[0], codes.AnchorCodes[1]);
        Assert.All(GraphCodes.Of(graph, GraphCodeKind.RelationsOnly, 12, 5, 4, seed: 1).AnchorCodes, Assert.Empty);
    }

    [Fact]
    public void Entropy_and_Jaccard_distance_know_their_extremes()
    {
        GraphCodes Codes(int[][] anchors) => new([.. Enumerable.Range(0, 40)], anchors, [.. anchors.Select(code => new int[code.Length])], [.. anchors.Select(_ => Array.Empty<int>())], 1);
        var different = Codes([.. Enumerable.Range(0, 16).Select(i => new[] { 2 * i, 2 * i + 1 })]);
        Assert.Equal(4, different.Entropy(), 12);
        Assert.Equal(1, different.JaccardDistance(), 12);
        var equal = Codes([.. Enumerable.Range(0, 16).Select(i => i % 2 == 0 ? new[] { 1, 2 } : [2, 1])]);
        Assert.Equal(0, equal.Entropy(), 12);
        Assert.Equal(0, equal.JaccardDistance(), 12);
        Assert.Equal([16], equal.Collisions());
        Assert.All(equal.MostShared(), shared => Assert.Equal(equal.AnchorCodes[0].Distinct().Count() + equal.RelationCodes[0].Distinct().Count(), shared));
        Assert.All(different.MostShared(), shared => Assert.Equal(0, shared));
        Assert.Equal(1 - 1 / 3.0, Codes([[1, 2], [2, 3]]).JaccardDistance(), 12);
    }

    [Fact]
    public void Entities_take_the_numbers_that_the_specification_counts()
    {
        var graph = TorusGraph.Draw(1000, 1);
        using var model = new RotatE(10, 32, relations => new GraphAnchorTokenizer(GraphCodes.Of(graph, GraphCodeKind.NearestAnchors, 100, 4, 4, 1), relations, 48, useDistances: true));
        using var table = new RotatE(10, 32, _ => new TableEmbedding(1000, 32));
        Assert.Equal(18_096, model.Entities.Numbers);
        Assert.Equal(32_000, table.Entities.Numbers);
        Assert.Equal(18_096, model.parameters().Sum(p => p.numel())); // relations, shared, once
    }

    [Fact]
    public void A_fact_that_fits_scores_the_margin_whichever_end_is_asked_for()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var model = new RotatE(3, 8, _ => new TableEmbedding(6, 8));
        var relation = model.parameters().Single(p => p.shape[0] == 7)[2];
        var (re, im) = (relation[..4], relation[4..]);
        var length = (re.square() + im.square()).sqrt();
        var head = randn(8);
        var (c, s) = (re / length, im / length);
        var tail = cat([head[..4] * c - head[4..] * s, head[..4] * s + head[4..] * c]);
        var vectors = stack([head, tail, randn(8), randn(8)]);
        const double Rounding = 5e-3; // a squared distance of 0 is the difference of numbers near 10, and its root is large
        Assert.Equal(6, model.Scores(vectors, tensor(new long[] { 0 }), tensor(new long[] { 2 }), inverse: false)[0, 1].item<float>(), Rounding);
        Assert.Equal(6, model.Scores(vectors, tensor(new long[] { 1 }), tensor(new long[] { 2 }), inverse: true)[0, 0].item<float>(), Rounding);
        var distance = (tail - vectors[2]).square().sum().sqrt().item<float>();
        Assert.Equal(6 - distance, model.Scores(vectors, tensor(new long[] { 0 }), tensor(new long[] { 2 }), inverse: false)[0, 2].item<float>(), 1e-3);
    }

    [Fact]
    public void Ranks_leave_out_other_true_tails_and_share_ties()
    {
        using var scores = tensor(new float[,] { { 5, 4, 3, 2, 2 } });
        Triple[] asked = [new(0, 0, 2)];
        Assert.Equal(1.0 / 3, FilteredRank.MeanReciprocal(scores, asked, asked), 12);
        Assert.Equal(1.0 / 2, FilteredRank.MeanReciprocal(scores, asked, [.. asked, new(0, 0, 1), new(0, 1, 0)]), 12);
        Assert.Equal(1 / 4.5, FilteredRank.MeanReciprocal(scores, [new(0, 0, 3)], [new(0, 0, 3)]), 12);
        Assert.Throws<ArgumentException>(() => FilteredRank.MeanReciprocal(scores, [], asked));
    }

    [Fact]
    public void Filtered_ranks_are_never_worse_than_raw_ones() =>
        Gen.Select(Gen.Int[3, 12], Gen.Int[0, 1000]).Sample((entities, seed) =>
        {
            using var random = manual_seed(seed);
            using var scores = randn(1, entities);
            Triple[] asked = [new(0, 0, seed % entities)];
            Triple[] known = [.. asked, new(0, 0, (seed + 1) % entities)];
            var (filtered, raw) = (FilteredRank.MeanReciprocal(scores, asked, known), FilteredRank.MeanReciprocal(scores, asked, asked));
            Assert.True(filtered >= raw);
        }, iter: 50, threads: 1);

    [Fact]
    public void Training_finds_facts_better_than_chance_and_follows_from_the_seed()
    {
        var small = new GraphComparison(60, 12, 32, 60) { BatchSize = 128, PerEntity = 4 };
        var (run, again) = (small.Run(1), small.Run(1));
        Assert.Equal(run.Scores.Select(score => score.Mrr), again.Scores.Select(score => score.Mrr));
        Assert.Equal(["table", "nearest anchors", "random anchors", "relations only"], run.Scores.Select(score => score.Name));
        var chance = Enumerable.Range(1, 60).Average(rank => 1.0 / rank);
        Assert.True(run["nearest anchors"].Mrr > 1.5 * chance, $"{run["nearest anchors"].Mrr} against {chance}");
        Assert.True(double.IsNaN(run["table"].Entropy));
        Assert.InRange(run["random anchors"].Entropy, 0, Math.Log2(60) + 1e-9);
    }

    [Fact]
    public void Of_several_starts_the_one_with_the_lowest_training_loss_counts()
    {
        var small = new GraphComparison(60, 12, 32, 60) { BatchSize = 128, PerEntity = 4 };
        var losses = new Losses();
        var (one, best) = (small.Run(1), (small with { Starts = 2 }).Run(1, losses));
        foreach (var score in one.Scores)
        {
            var (first, second) = (losses.Last[$"{score.Name}, seed 1, start 1"], losses.Last[$"{score.Name}, seed 1, start 2"]);
            Assert.NotEqual(first, second);
            Assert.Equal(first < second, best[score.Name].Mrr == score.Mrr);
        }
        Assert.Throws<ArgumentOutOfRangeException>(() => (small with { Starts = 0 }).Run(1));
    }

    private sealed class Losses : IProgress<TrainingProgress>
    {
        public Dictionary<string, double> Last { get; } = [];

        public void Report(TrainingProgress value) => Last[value.Run] = value.Loss;
    }

    [Fact]
    public void Values_outside_their_range_are_named()
    {
        Refused("more than 3 entities, got 3", () => TorusGraph.Draw(3, 1));
        Refused("at least 1 relation, got 0", () => TorusGraph.Draw(9, 1, relations: 0));
        Refused("(0, 1], got 0", () => TorusGraph.Draw(9, 1, density: 0));
        Refused("1 to 5 anchors, got 6", () => GraphCodes.Of(line, GraphCodeKind.RandomAnchors, 6, 1, 1, 1));
        Refused("1 to 3 anchors, got 4", () => GraphCodes.Of(line, GraphCodeKind.RandomAnchors, 3, 4, 1, 1));
        Refused("at least 1 relation, got 0", () => GraphCodes.Of(line, GraphCodeKind.RandomAnchors, 3, 2, 0, 1));
        Refused("even width, got 7", () => new RotatE(2, 7, _ => new TableEmbedding(3, 7)));

        static void Refused(string part, Action action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }
}
