using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>
/// Sequences of several lengths without padding: those of one length stand together, and all places stand one below the
/// other. Layers that look at a place at a time take all at once; attention takes each length by itself.
/// </summary>
/// <param name="Blocks">Sequences and their length, in the order in which they are packed.</param>
internal sealed record Packing(IReadOnlyList<(long Count, long Length)> Blocks)
{
    /// <summary>Packs.</summary>
    /// <param name="blocks">Each [n, l, ...].</param>
    /// <returns>[U, ...], U the places of all, and how they are packed.</returns>
    public static (Tensor Rows, Packing Packing) Of(IReadOnlyList<Tensor> blocks) =>
        (Rows(blocks), new([.. blocks.Select(block => (block.shape[0], block.shape[1]))]));

    /// <summary>All places one below the other.</summary>
    /// <param name="blocks">Each [n, l, ...].</param>
    /// <returns>[U, ...].</returns>
    public static Tensor Rows(IEnumerable<Tensor> blocks) => cat([.. blocks.Select(block => block.flatten(0, 1))], 0);

    /// <summary>Undoes the packing.</summary>
    /// <param name="rows">[U, ...].</param>
    /// <returns>Views [n, l, ...], one per block.</returns>
    public IEnumerable<Tensor> Split(Tensor rows)
    {
        var first = 0L;
        foreach (var (count, length) in Blocks)
        {
            yield return rows.narrow(0, first, count * length).unflatten(0, [count, length]);
            first += count * length;
        }
    }

    /// <summary>The place in its sequence of every row.</summary>
    /// <param name="device">Where the tensor is made.</param>
    /// <returns>[U] int64, from 0.</returns>
    public Tensor Places(Device device) => cat([.. Blocks.Select(block => arange(block.Length, device: device).repeat(block.Count))], 0);
}
