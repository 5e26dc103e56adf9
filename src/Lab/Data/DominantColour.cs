using Lab.Data.Scenes;
using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>
/// Discs of six colours, which may cover each other, on noisy stripes; the class of a picture is the colour that covers most pixels. Every disc counts, so dropping
/// tokens costs.
/// </summary>
public static class DominantColour
{
    private const int Size = 32, FewestDiscs = 3, MostDiscs = 6;
    private const float MinRadius = 3, MaxRadius = 8, Noise = 0.1f;
    private static readonly IReadOnlyList<ObjectColour> colours = Shapes.QaEasy.Colours;

    /// <summary>The first samples whose most frequent colour covers at least a quarter more pixels than the next one.</summary>
    /// <param name="count">So many of them.</param>
    /// <param name="seed">Of all samples.</param>
    public static LabeledImages Draw(int count, long seed)
    {
        const int pixels = Size * Size;
        var (bytes, labels) = (new byte[count * 3 * pixels], new long[count]);
        var (picture, mask) = (new float[3 * pixels], new byte[pixels]);
        var made = 0;
        for (var index = 0L; made < count; index++)
        {
            var scene = SceneAt(seed, index);
            scene.Draw(picture, mask);
            if (Dominant(scene, mask) is not { } colour) continue;
            labels[made] = colour;
            for (var i = 0; i < picture.Length; i++) bytes[made * picture.Length + i] = (byte)MathF.Round(255 * Math.Clamp(picture[i], 0, 1));
            made++;
        }
        return new(tensor(bytes, [count, 3, Size, Size]), tensor(labels), [.. colours.Select(colour => $"{colour}".ToLowerInvariant())], $"dominant colour of {FewestDiscs} to {MostDiscs} discs, seed {seed}");
    }

    private static Scene SceneAt(long seed, long index)
    {
        var random = new CounterRandom(seed, index);
        var background = new Background(random.Uniform(0.25f, 0.45f), Texture.Stripes, Amplitude: 0.12f, random.Below(4), random.Below(4));
        var discs = new SceneObject[FewestDiscs + random.Below(MostDiscs - FewestDiscs + 1)];
        for (var i = 0; i < discs.Length; i++)
        {
            var radius = random.Uniform(MinRadius, MaxRadius);
            discs[i] = new(
                ShapeKind.Circle, colours[random.Below(colours.Count)], random.Uniform(radius, Size - radius), random.Uniform(radius, Size - radius), radius,
                radius < (MinRadius + MaxRadius) / 2 ? SizeBin.Small : SizeBin.Large);
        }
        return new(Size, background, discs, Noise, (long)random.Next());
    }

    // The colour with most pixels, or null where the next one comes near.
    private static int? Dominant(Scene scene, ReadOnlySpan<byte> mask)
    {
        var areas = new int[colours.Count];
        int[] ofDisc = [.. scene.Objects.Select(disc => colours.IndexOf(disc.Colour))];
        foreach (var disc in mask)
            if (disc > 0) areas[ofDisc[disc - 1]]++;
        var largest = Array.IndexOf(areas, areas.Max());
        var next = areas.Where((_, colour) => colour != largest).Max();
        return 4 * areas[largest] >= 5 * next ? largest : null;
    }

    private static int IndexOf(this IReadOnlyList<ObjectColour> list, ObjectColour colour) => list.Index().First(item => item.Item == colour).Index;
}
