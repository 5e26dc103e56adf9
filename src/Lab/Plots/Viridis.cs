using SkiaSharp;

namespace Lab.Plots;

/// <summary>The colour map viridis: equal steps of a value look like equal steps, also to the colour-blind and in grey.</summary>
/// <remarks>Source: Smith, van der Walt 2015 (matplotlib); eleven of its colours, straight lines between.</remarks>
internal static class Viridis
{
    /// <summary>What stands for a value that is not a number or not finite; no colour of the map comes near it.</summary>
    public static readonly SKColor NotFinite = new(255, 0, 200);

    private static readonly SKColor[] stops =
    [
        new(0x44, 0x01, 0x54), new(0x48, 0x24, 0x75), new(0x41, 0x44, 0x87), new(0x35, 0x5f, 0x8d), new(0x2a, 0x78, 0x8e), new(0x21, 0x91, 0x8c),
        new(0x22, 0xa8, 0x84), new(0x44, 0xbf, 0x70), new(0x7a, 0xd1, 0x51), new(0xbd, 0xdf, 0x26), new(0xfd, 0xe7, 0x25),
    ];

    /// <param name="value">0 (dark violet) to 1 (yellow); clipped.</param>
    public static SKColor At(float value)
    {
        if (!float.IsFinite(value)) return NotFinite;
        var place = Math.Clamp(value, 0, 1) * (stops.Length - 1);
        var below = Math.Min((int)place, stops.Length - 2);
        var (from, to, part) = (stops[below], stops[below + 1], place - below);
        return new SKColor(Between(from.Red, to.Red, part), Between(from.Green, to.Green, part), Between(from.Blue, to.Blue, part));
    }

    private static byte Between(byte from, byte to, float part) => (byte)MathF.Round(from + (to - from) * part);
}
