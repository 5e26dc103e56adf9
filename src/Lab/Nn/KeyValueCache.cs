using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Keys and values of the tokens that a decoder has seen, so that each further token costs one step.</summary>
public sealed class KeyValueCache : IDisposable
{
    private readonly Tensor keys, values; // [L, B, h, T, d]

    /// <param name="options">Of the decoder.</param>
    /// <param name="batch">Sequences side by side.</param>
    /// <param name="device">Of the decoder; the CPU when null.</param>
    public KeyValueCache(DecoderOptions options, int batch = 1, Device? device = null)
    {
        long[] shape = [options.Depth, batch, options.Heads, options.Context, options.Dim / options.Heads];
        keys = empty(shape, device: device).DetachFromDisposeScope();
        values = empty(shape, device: device).DetachFromDisposeScope();
    }

    /// <summary>Tokens seen.</summary>
    public int Length { get; private set; }

    /// <summary>Forgets all tokens behind the first <paramref name="length"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than there are.</exception>
    public void Truncate(int length) => Length = length >= 0 && length <= Length
        ? length
        : throw new ArgumentOutOfRangeException(nameof(length), length, $"The cache holds {Length} tokens.");

    /// <summary>Takes in the keys and values of new tokens.</summary>
    /// <param name="layer">Block.</param>
    /// <param name="newKeys">[B, h, n, d].</param>
    /// <param name="newValues">[B, h, n, d].</param>
    /// <returns>Those of all tokens, [B, h, Length + n, d].</returns>
    internal (Tensor Keys, Tensor Values) Append(int layer, Tensor newKeys, Tensor newValues)
    {
        var count = newKeys.shape[2];
        keys[layer].narrow(2, Length, count).copy_(newKeys);
        values[layer].narrow(2, Length, count).copy_(newValues);
        return (keys[layer].narrow(2, 0, Length + count), values[layer].narrow(2, 0, Length + count));
    }

    /// <summary>All blocks have taken in this many tokens.</summary>
    internal void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public void Dispose()
    {
        keys.Dispose();
        values.Dispose();
    }
}
