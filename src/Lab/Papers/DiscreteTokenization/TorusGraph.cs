using Lab.Data;
using Lab.Runtime;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>A fact: the relation leads from the head to the tail.</summary>
/// <param name="Head">Entity.</param>
/// <param name="Relation">Relation.</param>
/// <param name="Tail">Entity.</param>
public readonly record struct Triple(int Head, int Relation, int Tail);

/// <summary>
/// A knowledge graph with a geometry to find: entities are points of a torus, relations are shifts, and a fact leads to one
/// of the points nearest to the shifted head.
/// </summary>
/// <param name="Places">x and y of every entity in [0, 1).</param>
/// <param name="Relations">How many.</param>
/// <param name="Train">90 % of the facts.</param>
/// <param name="Test">The others.</param>
public sealed record TorusGraph(IReadOnlyList<(float X, float Y)> Places, int Relations, IReadOnlyList<Triple> Train, IReadOnlyList<Triple> Test)
{
    private const int Neighbours = 3;
    private const float LargestShift = 0.35f, TestShare = 0.1f;

    /// <summary>Entities.</summary>
    public int Entities => Places.Count;

    /// <summary>Facts to learn from per entity: what decides whether codes can be told apart.</summary>
    public double Density => (double)Train.Count / Entities;

    /// <summary>Draws a graph.</summary>
    /// <param name="entities">At least 4.</param>
    /// <param name="seed">Of everything.</param>
    /// <param name="relations">At least 1.</param>
    /// <param name="density">Probability that an entity has facts of a relation, in (0, 1].</param>
    /// <exception cref="ArgumentException">A value outside its range.</exception>
    public static TorusGraph Draw(int entities, long seed, int relations = 10, double density = 0.65)
    {
        if (entities <= Neighbours) throw new ArgumentException($"A graph needs more than {Neighbours} entities, got {entities}.", nameof(entities));
        if (relations < 1) throw new ArgumentException($"A graph needs at least 1 relation, got {relations}.", nameof(relations));
        if (density is not (> 0 and <= 1)) throw new ArgumentException($"A density lies in (0, 1], got {density}.", nameof(density));
        var random = new CounterRandom(Seed.Derive(seed, "graph"), 0);
        var places = new (float X, float Y)[entities];
        for (var i = 0; i < entities; i++) places[i] = (random.Uniform(), random.Uniform());
        var shifts = new (float X, float Y)[relations];
        for (var r = 0; r < relations; r++) shifts[r] = (random.Uniform(-LargestShift, LargestShift), random.Uniform(-LargestShift, LargestShift));

        List<Triple> train = [], test = [];
        for (var head = 0; head < entities; head++)
            for (var relation = 0; relation < relations; relation++)
            {
                if (random.Uniform() >= density) continue;
                var target = (places[head].X + shifts[relation].X, places[head].Y + shifts[relation].Y);
                foreach (var tail in Nearest(places, target, head)) (random.Uniform() < TestShare ? test : train).Add(new(head, relation, tail));
            }
        return new(places, relations, train, test);
    }

    /// <summary>Entities next to each entity in the training facts, whichever way the fact leads; each once, in order.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Adjacent()
    {
        var adjacent = Places.Select(_ => new SortedSet<int>()).ToArray();
        foreach (var (head, _, tail) in Train)
        {
            adjacent[head].Add(tail);
            adjacent[tail].Add(head);
        }
        return [.. adjacent.Select(set => set.ToArray())];
    }

    private static IEnumerable<int> Nearest((float X, float Y)[] places, (float X, float Y) target, int without) =>
        Enumerable.Range(0, places.Length).Where(i => i != without).OrderBy(i => Squared(places[i].X - target.X) + Squared(places[i].Y - target.Y)).Take(Neighbours);

    // On a circle of length 1.
    private static float Squared(float difference)
    {
        var around = difference - MathF.Round(difference);
        return around * around;
    }
}
