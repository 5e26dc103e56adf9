using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Lab.Text;

/// <summary>A pair of tokens that becomes one.</summary>
/// <param name="Left">Id.</param>
/// <param name="Right">Id.</param>
/// <param name="Token">Id of both together.</param>
public readonly record struct Merge(int Left, int Right, int Token);

/// <summary>
/// Learns merges: again and again, the most frequent pair of neighbours becomes a token. Counts follow every merge
/// where it happens, so a merge costs what it changes, not a pass over the corpus.
/// </summary>
/// <remarks>Source: Sennrich et al. 2016, algorithm 1 (arXiv 1508.07909). Ties go to the smaller left id, then to the smaller right one.</remarks>
internal sealed class BpeTrainer
{
    private const int Gone = -1;

    // All pieces in a row; a token stands at its first byte.
    private readonly int[] symbols, next, previous, pieces;
    private readonly long[] weights; // by piece
    private readonly Dictionary<(int Left, int Right), Occurrences> pairs = [];
    private readonly PriorityQueue<(int Left, int Right), (long Count, int Left, int Right)> queue = new(new MostFrequentFirst());
    private readonly List<(int, int)> born = []; // pairs that this merge brings up

    public BpeTrainer(IReadOnlyDictionary<byte[], long> pieceCounts)
    {
        var length = checked((int)pieceCounts.Keys.Sum(piece => (long)piece.Length));
        (symbols, next, previous, pieces) = (new int[length], new int[length], new int[length], new int[length]);
        weights = [.. pieceCounts.Values];
        var (position, piece) = (0, 0);
        foreach (var bytes in pieceCounts.Keys) Lay(bytes, ref position, piece++);
        Enqueue();
    }

    /// <param name="count">At most this many merges.</param>
    /// <param name="cancellation">Stops between two merges.</param>
    /// <returns>Merges in order; fewer when no pair occurs twice any more.</returns>
    public List<Merge> Learn(int count, CancellationToken cancellation)
    {
        var merges = new List<Merge>(count);
        while (merges.Count < count && TakeMostFrequent() is { } best)
        {
            cancellation.ThrowIfCancellationRequested();
            var merge = new Merge(best.Left, best.Right, 256 + merges.Count);
            Apply(merge);
            merges.Add(merge);
        }
        return merges;
    }

    private void Lay(byte[] bytes, ref int position, int piece)
    {
        for (var i = 0; i < bytes.Length; i++, position++)
        {
            symbols[position] = bytes[i];
            pieces[position] = piece;
            previous[position] = i == 0 ? Gone : position - 1;
            next[position] = i == bytes.Length - 1 ? Gone : position + 1;
            if (i > 0) Add(position - 1, (bytes[i - 1], bytes[i]));
        }
    }

    // A pair's count only falls once the merge that brought it up is done: an outdated entry is put back with its present count.
    private (int Left, int Right)? TakeMostFrequent()
    {
        while (queue.TryDequeue(out var pair, out var entry))
        {
            if (!pairs.TryGetValue(pair, out var occurrences) || occurrences.Count < 2) continue;
            if (occurrences.Count == entry.Count) return pair;
            queue.Enqueue(pair, (occurrences.Count, pair.Left, pair.Right));
        }
        return null;
    }

    private void Apply(Merge merge)
    {
        pairs.Remove((merge.Left, merge.Right), out var occurrences);
        foreach (var position in occurrences.Positions) // ascending, so that runs like aaa merge from the left
        {
            if (symbols[position] != merge.Left || next[position] is not (>= 0 and var right) || symbols[right] != merge.Right) continue;
            var (before, after) = (previous[position], next[right]);
            if (before >= 0) Remove(position, (symbols[before], merge.Left));
            if (after >= 0) Remove(position, (merge.Right, symbols[after]));

            (symbols[position], symbols[right], next[position]) = (merge.Token, Gone, after);
            if (after >= 0) previous[after] = position;
            if (before >= 0) Add(before, (symbols[before], merge.Token));
            if (after >= 0) Add(position, (merge.Token, symbols[after]));
        }
        Enqueue();
    }

    private void Add(int position, (int, int) pair)
    {
        ref var occurrences = ref CollectionsMarshal.GetValueRefOrAddDefault(pairs, pair, out var known);
        if (!known)
        {
            occurrences.Positions = [];
            born.Add(pair);
        }
        occurrences.Count += weights[pieces[position]];
        occurrences.Positions.Add(position);
    }

    private void Remove(int position, (int, int) pair)
    {
        ref var occurrences = ref CollectionsMarshal.GetValueRefOrNullRef(pairs, pair);
        if (!Unsafe.IsNullRef(ref occurrences)) occurrences.Count -= weights[pieces[position]]; // else: the merged pair itself, as in aaa
    }

    private void Enqueue()
    {
        foreach (var pair in born)
            if (pairs[pair].Count >= 2) queue.Enqueue(pair, (pairs[pair].Count, pair.Item1, pair.Item2));
        born.Clear();
    }

    /// <summary>Where a pair is, or was before a later merge took one of its tokens.</summary>
    private struct Occurrences
    {
        public long Count;
        public List<int> Positions;
    }

    private sealed class MostFrequentFirst : IComparer<(long Count, int Left, int Right)>
    {
        public int Compare((long Count, int Left, int Right) x, (long Count, int Left, int Right) y) =>
            x.Count != y.Count ? y.Count.CompareTo(x.Count) : (x.Left, x.Right).CompareTo((y.Left, y.Right));
    }
}
