using System.Buffers.Binary;

namespace Lab.Text;

/// <summary>The tokens of the pieces met lately. A few thousand words make up most of a text, so most pieces are merged only once.</summary>
/// <remarks>A piece of up to 15 bytes and its length fill two machine words: a look-up compares numbers. When full, it starts anew.</remarks>
internal sealed class PieceCache
{
    /// <summary>Pieces above this are not kept.</summary>
    public const int LongestPiece = 15;

    private const int Bits = 15, MostPieces = 1 << (Bits - 1);

    private readonly Slot[] slots = new Slot[1 << Bits];
    private TokenBuffer tokens = new(1 << Bits);
    private int pieces;

    /// <summary>Appends the tokens of <paramref name="text"/>[<paramref name="start"/> .. <paramref name="end"/>), merging them if they are not known.</summary>
    public void Append(ReadOnlySpan<byte> text, int start, int end, BpeMerger merger, ref TokenBuffer output)
    {
        var (low, high) = Key(text, start, end - start);
        ref var slot = ref Find(low, high);
        if (slot.High == 0)
        {
            if (pieces == MostPieces)
            {
                Clear();
                slot = ref Find(low, high);
            }
            pieces++;
            var first = tokens.Count;
            merger.Append(text[start..end], ref tokens);
            slot = new() { Low = low, High = high, Start = first, Count = tokens.Count - first };
        }

        if (slot.Count == 1) output.Append(tokens.Tokens[slot.Start]);
        else output.Append(tokens.Tokens.Slice(slot.Start, slot.Count));
    }

    private ref Slot Find(ulong low, ulong high)
    {
        var i = (int)((low * 0x9E3779B97F4A7C15UL ^ high * 0xD1B54A32D192ED03UL) >> (64 - Bits));
        while ((slots[i].Low != low || slots[i].High != high) && slots[i].High != 0) i = (i + 1) & (slots.Length - 1);
        return ref slots[i];
    }

    // The length in the last byte is never 0, which so marks a free slot.
    private static (ulong Low, ulong High) Key(ReadOnlySpan<byte> text, int start, int length)
    {
        if (start + 16 > text.Length)
        {
            Span<byte> padded = stackalloc byte[16];
            padded.Clear();
            text.Slice(start, length).CopyTo(padded);
            return Key(padded, 0, length);
        }

        var (low, high) = (BinaryPrimitives.ReadUInt64LittleEndian(text[start..]), BinaryPrimitives.ReadUInt64LittleEndian(text[(start + 8)..]));
        return length < 8
            ? (low & (1UL << 8 * length) - 1, (ulong)length << 56)
            : (low, high & (1UL << 8 * (length - 8)) - 1 | (ulong)length << 56);
    }

    private void Clear()
    {
        Array.Clear(slots);
        tokens = new(1 << Bits);
        pieces = 0;
    }

    private struct Slot
    {
        public ulong Low, High;
        public int Start, Count;
    }
}
