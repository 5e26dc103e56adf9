using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Utf8Text = System.Text.Unicode.Utf8;

namespace Lab.Text;

/// <summary>Byte strings as keys and in messages.</summary>
internal static class ByteStrings
{
    private static readonly Encoding strict = new UTF8Encoding(false, throwOnInvalidBytes: true);

    public static IEqualityComparer<byte[]> Comparer { get; } = new ByContent();

    /// <summary>UTF-8 of a text.</summary>
    /// <exception cref="ArgumentException">A surrogate without its partner; names its place.</exception>
    public static byte[] Utf8(string text)
    {
        try
        {
            return strict.GetBytes(text);
        }
        catch (EncoderFallbackException lone)
        {
            throw new ArgumentException(
                $"The text has a lone surrogate U+{(int)lone.CharUnknown:X4} at index {lone.Index}, which is no character and has no UTF-8. Replace it, or encode bytes.", nameof(text), lone);
        }
    }

    /// <returns>How many bytes from the start on are whole characters.</returns>
    public static int ValidUtf8(ReadOnlySpan<byte> bytes)
    {
        var valid = 0;
        while (valid < bytes.Length && Rune.DecodeFromUtf8(bytes[valid..], out _, out var length) == OperationStatus.Done) valid += length;
        return valid;
    }

    /// <summary>The text, if the bytes are UTF-8, else their hexadecimal digits.</summary>
    public static string Show(ReadOnlySpan<byte> bytes) =>
        Utf8Text.IsValid(bytes) ? $"'{Encoding.UTF8.GetString(bytes)}'" : $"0x{Convert.ToHexString(bytes)}";

    private sealed class ByContent : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] bytes) => GetHashCode(bytes.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
