using System.Buffers;

namespace Lab.Text;

/// <summary>Turns a piece into tokens: the present pair of lowest rank becomes one token, the leftmost first, until no pair has a rank.</summary>
/// <param name="ranks">Ranks and tokens of pairs.</param>
/// <param name="byteIds">Tokens of the single bytes.</param>
internal sealed class BpeMerger(MergeRanks ranks, int[] byteIds)
{
    private const int LongestScanned = 48; // a scan for the best pair beats a queue up to here
    private const int Gone = -1;

    /// <summary>Appends the tokens of a piece.</summary>
    public void Append(ReadOnlySpan<byte> piece, ref TokenBuffer tokens)
    {
        if (piece.Length > LongestScanned) AppendQueued(piece, ref tokens);
        else AppendScanned(piece, ref tokens);
    }

    private void AppendScanned(ReadOnlySpan<byte> piece, ref TokenBuffer tokens)
    {
        Span<int> symbols = stackalloc int[piece.Length];
        Span<ulong> pairs = stackalloc ulong[piece.Length]; // of each symbol with the next; the last is never one
        for (var i = 0; i < piece.Length; i++) symbols[i] = byteIds[piece[i]];
        var length = piece.Length;
        for (var i = 0; i < length; i++) pairs[i] = Pair(symbols, i, length);

        while (length > 1)
        {
            var best = 0;
            for (var i = 1; i < length - 1; i++)
                if (pairs[i] < pairs[best]) best = i;
            if (pairs[best] == MergeRanks.None) break;

            symbols[best] = MergeRanks.Token(pairs[best]);
            length--;
            symbols[(best + 2)..(length + 1)].CopyTo(symbols[(best + 1)..]);
            pairs[(best + 2)..(length + 1)].CopyTo(pairs[(best + 1)..]);
            pairs[best] = Pair(symbols, best, length);
            if (best > 0) pairs[best - 1] = Pair(symbols, best - 1, length);
        }
        tokens.Append(symbols[..length]);
    }

    private ulong Pair(ReadOnlySpan<int> symbols, int i, int length) => i + 1 < length ? ranks.Find(symbols[i], symbols[i + 1]) : MergeRanks.None;

    // For pieces without a bound, such as a megabyte of one letter: linear memory, n log n steps.
    private void AppendQueued(ReadOnlySpan<byte> piece, ref TokenBuffer tokens)
    {
        var shared = ArrayPool<int>.Shared.Rent(3 * piece.Length);
        var symbols = shared.AsSpan(0, piece.Length);
        var next = shared.AsSpan(piece.Length, piece.Length);
        var previous = shared.AsSpan(2 * piece.Length, piece.Length);
        var queue = new PriorityQueue<int, (ulong Pair, int Position)>();
        for (var i = 0; i < piece.Length; i++)
            (symbols[i], next[i], previous[i]) = (byteIds[piece[i]], i + 1 < piece.Length ? i + 1 : Gone, i - 1);
        for (var i = 0; i < piece.Length; i++) Enqueue(i, symbols, next, queue);

        while (queue.TryDequeue(out var position, out var entry))
        {
            // Outdated when a merge has taken one of the two since.
            if (symbols[position] == Gone || next[position] == Gone || ranks.Find(symbols[position], symbols[next[position]]) != entry.Pair) continue;
            var (right, after) = (next[position], next[next[position]]);
            (symbols[position], symbols[right], next[position]) = (MergeRanks.Token(entry.Pair), Gone, after);
            if (after != Gone) previous[after] = position;
            Enqueue(position, symbols, next, queue);
            if (previous[position] != Gone) Enqueue(previous[position], symbols, next, queue);
        }

        for (var i = 0; i != Gone; i = next[i]) tokens.Append(symbols[i]);
        ArrayPool<int>.Shared.Return(shared);
    }

    private void Enqueue(int position, ReadOnlySpan<int> symbols, ReadOnlySpan<int> next, PriorityQueue<int, (ulong, int)> queue)
    {
        if (next[position] == Gone) return;
        var pair = ranks.Find(symbols[position], symbols[next[position]]);
        if (pair != MergeRanks.None) queue.Enqueue(position, (pair, position));
    }
}

/// <summary>Ranks of pairs in an open hash table: the innermost loop of encoding asks for nothing else.</summary>
internal sealed class MergeRanks
{
    /// <summary>No merge: it compares higher than every rank.</summary>
    public const ulong None = ulong.MaxValue;

    private const ulong Empty = ulong.MaxValue;
    private readonly (ulong Key, ulong Value)[] slots;
    private readonly int shift;

    public MergeRanks(IReadOnlyList<Merge> merges)
    {
        shift = 64 - Math.Max(4, 2 + (int)Math.Log2(merges.Count + 1));
        slots = new (ulong, ulong)[1 << (64 - shift)];
        Array.Fill(slots, (Empty, None));
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var merge = merges[rank];
            ref var slot = ref Slot(Key(merge.Left, merge.Right));
            if (slot.Key != Empty) throw new ArgumentException($"Merge {rank} joins tokens {merge.Left} and {merge.Right}, as an earlier one does.", nameof(merges));
            slot = (Key(merge.Left, merge.Right), (ulong)rank << 32 | (uint)merge.Token);
        }
    }

    /// <returns>Rank in the upper half, token in the lower one: lower ranks compare lower.</returns>
    public ulong Find(int left, int right) => Slot(Key(left, right)).Value;

    public static int Token(ulong found) => (int)(uint)found;

    private static ulong Key(int left, int right) => (ulong)(uint)left << 32 | (uint)right;

    private ref (ulong Key, ulong Value) Slot(ulong key)
    {
        var i = (int)(key * 0x9E3779B97F4A7C15UL >> shift);
        while (slots[i].Key != key && slots[i].Key != Empty) i = (i + 1) & (slots.Length - 1);
        return ref slots[i];
    }
}
