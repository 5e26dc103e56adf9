using Lab.Data;
using Lab.Runtime;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>What an entity of a graph is made of.</summary>
public enum GraphCodeKind
{
    /// <summary>The nearest anchors with their distances, and relations.</summary>
    NearestAnchors,

    /// <summary>Random anchors and relations.</summary>
    RandomAnchors,

    /// <summary>Relations alone.</summary>
    RelationsOnly,
}

/// <summary>
/// Entities as sets of anchors and relations: the whole vocabulary is a few entities and all relations, and an entity's
/// code is composed of them.
/// </summary>
/// <param name="Anchors">Entities that serve as anchors.</param>
/// <param name="AnchorCodes">k per entity: numbers of anchors, or <see cref="Nothing"/> where none is reached.</param>
/// <param name="Distances">Hops to each; 0 where nothing is reached.</param>
/// <param name="RelationCodes">m per entity: relations that lead away, those that lead here after all of them, then <see cref="NoRelation"/>.</param>
/// <param name="Relations">Of the graph; inverse ones count again.</param>
/// <remarks>Sources: NodePiece, Galkin et al. 2022 (arXiv 2106.12144); random anchors: Li et al. 2023 (arXiv 2310.15797).</remarks>
public sealed record GraphCodes(
    IReadOnlyList<int> Anchors, IReadOnlyList<int[]> AnchorCodes, IReadOnlyList<int[]> Distances, IReadOnlyList<int[]> RelationCodes, int Relations)
{
    /// <summary>Distances are told apart up to this many hops less one.</summary>
    public const int DistanceCount = 10;

    private const double DegreeShare = 0.4, PageRankShare = 0.4;

    /// <summary>Stands for an anchor that is not there.</summary>
    public int Nothing => Anchors.Count;

    /// <summary>Stands for a relation that is not there.</summary>
    public int NoRelation => 2 * Relations;

    /// <summary>Codes of every entity.</summary>
    /// <param name="graph">Its training facts alone are looked at.</param>
    /// <param name="kind">What codes are made of.</param>
    /// <param name="anchors">Entities that serve as anchors, at most all.</param>
    /// <param name="perEntity">k: anchors in a code, at most all.</param>
    /// <param name="relationsPerEntity">m: relations in a code.</param>
    /// <param name="seed">Of what is drawn.</param>
    /// <exception cref="ArgumentException">A value outside its range.</exception>
    public static GraphCodes Of(TorusGraph graph, GraphCodeKind kind, int anchors, int perEntity, int relationsPerEntity, long seed)
    {
        if (anchors < 1 || anchors > graph.Entities) throw new ArgumentException($"There must be 1 to {graph.Entities} anchors, got {anchors}.", nameof(anchors));
        if (perEntity < 1 || perEntity > anchors) throw new ArgumentException($"A code has 1 to {anchors} anchors, got {perEntity}.", nameof(perEntity));
        if (relationsPerEntity < 1) throw new ArgumentException($"A code has at least 1 relation, got {relationsPerEntity}.", nameof(relationsPerEntity));
        var adjacent = graph.Adjacent();
        var chosen = Choose(adjacent, anchors, Seed.Derive(seed, "anchors"));
        var (codes, distances) = kind switch
        {
            GraphCodeKind.NearestAnchors => Nearest(adjacent, chosen, perEntity),
            GraphCodeKind.RandomAnchors => Random(graph.Entities, anchors, perEntity, Seed.Derive(seed, "random codes")),
            GraphCodeKind.RelationsOnly => (None(), None()),
            _ => throw new ArgumentException($"{kind} is no kind of code.", nameof(kind)),
        };
        return new(chosen, codes, distances, Incident(graph, relationsPerEntity, Seed.Derive(seed, "relations")), graph.Relations);

        int[][] None() => [.. graph.Places.Select(_ => Array.Empty<int>())];
    }

    /// <summary>Entropy of the codes in bits: log2 of the entities where all differ; codes that many share tell little.</summary>
    /// <remarks>Source: section 4.2 of arXiv 2310.15797.</remarks>
    public double Entropy() => -Collisions().Select(count => (double)count / AnchorCodes.Count).Sum(share => share * Math.Log2(share));

    /// <summary>Mean Jaccard distance of an entity's set of anchors and relations to its ten nearest other sets: how easily near codes are told apart.</summary>
    public double JaccardDistance()
    {
        const int Nearest = 10;
        return Sets.Average(one => Sets.Where(other => other != one).Select(other => Jaccard(one, other)).Order().Take(Nearest).Average());
    }

    /// <summary>How many entities share each code that occurs.</summary>
    public IReadOnlyList<int> Collisions() => [.. Sets.CountBy(set => string.Join(' ', set.Order())).Select(code => code.Value)];

    /// <summary>Of every entity's set of anchors and relations, how many are also in the other set that shares most.</summary>
    public IReadOnlyList<int> MostShared() => [.. Sets.Select(one => Sets.Where(other => other != one).Max(other => one.Count(other.Contains)))];

    // Anchors and relations as one set of numbers.
    private IReadOnlyList<HashSet<int>> Sets => field ??= [.. AnchorCodes.Select((anchors, i) => anchors.Concat(RelationCodes[i].Select(relation => Nothing + 1 + relation)).ToHashSet())];

    private static double Jaccard(HashSet<int> one, HashSet<int> other)
    {
        var shared = one.Count(other.Contains);
        return 1 - (double)shared / (one.Count + other.Count - shared);
    }

    // 40 % by degree, 40 % by PageRank, the rest at random; those taken already are passed over.
    private static int[] Choose(IReadOnlyList<IReadOnlyList<int>> adjacent, int count, long seed)
    {
        var shuffled = Enumerable.Range(0, adjacent.Count).ToArray();
        new CounterRandom(seed, 0).Shuffle<int>(shuffled);
        var ranks = PageRank(adjacent);
        var chosen = new List<int>();
        Take(Enumerable.Range(0, adjacent.Count).OrderByDescending(i => adjacent[i].Count), (int)(DegreeShare * count));
        Take(Enumerable.Range(0, adjacent.Count).OrderByDescending(i => ranks[i]), (int)((DegreeShare + PageRankShare) * count));
        Take(shuffled, count);
        return [.. chosen];

        void Take(IEnumerable<int> candidates, int until) => chosen.AddRange(candidates.Except(chosen).Take(until - chosen.Count).ToArray());
    }

    private static double[] PageRank(IReadOnlyList<IReadOnlyList<int>> adjacent)
    {
        const double Damping = 0.85;
        const int Iterations = 30;
        var rank = Enumerable.Repeat(1.0 / adjacent.Count, adjacent.Count).ToArray();
        for (var iteration = 0; iteration < Iterations; iteration++)
        {
            var next = Enumerable.Repeat((1 - Damping) / adjacent.Count, adjacent.Count).ToArray();
            for (var i = 0; i < rank.Length; i++)
                foreach (var neighbour in adjacent[i]) next[neighbour] += Damping * rank[i] / adjacent[i].Count;
            rank = next;
        }
        return rank;
    }

    private static (int[][] Codes, int[][] Distances) Nearest(IReadOnlyList<IReadOnlyList<int>> adjacent, int[] anchors, int count)
    {
        var hops = anchors.Select(anchor => Hops(adjacent, anchor)).ToArray(); // [A][N]
        var (codes, distances) = (new int[adjacent.Count][], new int[adjacent.Count][]);
        for (var entity = 0; entity < adjacent.Count; entity++)
        {
            var reached = Enumerable.Range(0, anchors.Length).Where(a => hops[a][entity] >= 0).OrderBy(a => hops[a][entity]).Take(count).ToArray(); // stable: ties by the anchors' order
            codes[entity] = [.. reached, .. Enumerable.Repeat(anchors.Length, count - reached.Length)];
            distances[entity] = [.. reached.Select(a => Math.Min(hops[a][entity], DistanceCount - 1)), .. Enumerable.Repeat(0, count - reached.Length)];
        }
        return (codes, distances);
    }

    // Breadth first; -1 where it does not come.
    private static int[] Hops(IReadOnlyList<IReadOnlyList<int>> adjacent, int from)
    {
        var hops = Enumerable.Repeat(-1, adjacent.Count).ToArray();
        hops[from] = 0;
        var queue = new Queue<int>([from]);
        while (queue.TryDequeue(out var entity))
            foreach (var next in adjacent[entity])
            {
                if (hops[next] >= 0) continue;
                hops[next] = hops[entity] + 1;
                queue.Enqueue(next);
            }
        return hops;
    }

    private static (int[][] Codes, int[][] Distances) Random(int entities, int anchors, int count, long seed)
    {
        var codes = new int[entities][];
        for (var entity = 0; entity < entities; entity++)
        {
            var all = Enumerable.Range(0, anchors).ToArray();
            new CounterRandom(seed, entity).Shuffle<int>(all);
            codes[entity] = all[..count];
        }
        return (codes, [.. codes.Select(code => new int[code.Length])]);
    }

    // Distinct relations of the entity's facts, a relation that leads here counted as another one; of too many some are drawn.
    private static int[][] Incident(TorusGraph graph, int count, long seed)
    {
        var incident = graph.Places.Select(_ => new SortedSet<int>()).ToArray();
        foreach (var (head, relation, tail) in graph.Train)
        {
            incident[head].Add(relation);
            incident[tail].Add(graph.Relations + relation);
        }
        return [.. incident.Select((set, entity) =>
        {
            var all = set.ToArray();
            new CounterRandom(seed, entity).Shuffle<int>(all);
            var drawn = all.Take(count).Order().ToArray();
            return (int[])[.. drawn, .. Enumerable.Repeat(2 * graph.Relations, count - drawn.Length)];
        })];
    }
}
