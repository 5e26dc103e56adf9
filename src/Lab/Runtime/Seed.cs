namespace Lab.Runtime;

/// <summary>
/// Seeds derived from a run's one seed. What is drawn for one purpose (data order, initial weights, dropout of step 7)
/// then never depends on how much was drawn for another.
/// </summary>
public static class Seed
{
    /// <summary>The seed of a named purpose.</summary>
    public static long Derive(long seed, string purpose)
    {
        var hash = 14695981039346656037UL; // FNV-1a: string.GetHashCode differs from process to process
        foreach (var character in purpose) hash = (hash ^ character) * 1099511628211UL;
        return Derive(seed, (long)hash);
    }

    /// <summary>The seed of a numbered purpose, e.g. a training step.</summary>
    public static long Derive(long seed, long number) =>
        (long)(Mix(Mix((ulong)seed) ^ (ulong)number) & long.MaxValue);

    // SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads neighbouring seeds over all bits.
    private static ulong Mix(ulong z)
    {
        z += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
