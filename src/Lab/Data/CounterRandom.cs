namespace Lab.Data;

/// <summary>
/// Random numbers of one sample. The stream follows from (seed, index) alone, so a sample is the same whether it is
/// made by itself or in a batch, on one thread or on many.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators".</remarks>
internal struct CounterRandom
{
    private ulong state;

    // Neighbouring seeds differ by one increment; without the mixing their streams would be one stream, shifted by a draw.
    public CounterRandom(long seed, long index) =>
        state = Mix(unchecked((ulong)seed * 0x9E3779B97F4A7C15UL + (ulong)index * 0xD1B54A32D192ED03UL));

    public ulong Next() => Mix(state += 0x9E3779B97F4A7C15UL);

    /// <returns>0 .. <paramref name="count"/> - 1.</returns>
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    /// <returns>[0, 1), 24 bits.</returns>
    public float Uniform() => (Next() >> 40) * (1f / (1 << 24));

    /// <returns>[<paramref name="low"/>, <paramref name="high"/>].</returns>
    public float Uniform(float low, float high) => low + (high - low) * Uniform();

    /// <returns>The sum of two uniform numbers in +-1/2: mean 0, density falling linearly to 0 at +-1.</returns>
    public float Triangular()
    {
        var bits = Next();
        return ((bits >> 40) + ((bits >> 8) & 0xFFFFFF)) * (1f / (1 << 24)) - 1;
    }

    /// <summary>Brings the items into a random order (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
