namespace Lab.Data.Scenes;

/// <summary>
/// All that a procedural picture shows, before it is drawn. A changed copy (<c>scene with { ... }</c>) draws with the
/// same noise, so pairs for editing differ in nothing else.
/// </summary>
/// <param name="Size">Side of the picture in pixels.</param>
/// <param name="Background">Behind the objects.</param>
/// <param name="Objects">In raster order of their cells; a later one hides an earlier one.</param>
/// <param name="Noise">Pixel noise is triangular in +- this, for each channel by itself.</param>
/// <param name="NoiseSeed">Which noise.</param>
public sealed record Scene(int Size, Background Background, IReadOnlyList<SceneObject> Objects, float Noise, long NoiseSeed)
{
    /// <summary>The quarter of the picture that holds an object's centre.</summary>
    public Quadrant QuadrantOf(SceneObject one) => (Quadrant)((one.Y >= Size / 2f ? 2 : 0) + (one.X >= Size / 2f ? 1 : 0));

    /// <summary>E.g. <c>a large red circle at the top left and a small blue cross at the bottom right on a striped background</c>.</summary>
    public string Caption => string.Join(" and ", Objects.Select(Describe)) + $" on a {Adjective(Background.Texture)} background";

    /// <summary>Draws the scene with its noise.</summary>
    /// <param name="pixels">Size x Size per channel, channels red, green, blue one after the other; about [0, 1], noise may lead outside.</param>
    /// <param name="mask">Size x Size: 0 for the background, i + 1 for object i.</param>
    internal void Draw(Span<float> pixels, Span<byte> mask)
    {
        DrawBackground(pixels);
        mask.Clear();
        for (var i = 0; i < Objects.Count; i++) DrawObject(i, pixels, mask);

        var random = new CounterRandom(NoiseSeed, 0);
        foreach (ref var value in pixels) value += Noise * random.Triangular();
    }

    private void DrawBackground(Span<float> pixels)
    {
        var red = pixels[..(Size * Size)];
        for (var y = 0; y < Size; y++)
            for (var x = 0; x < Size; x++)
                red[y * Size + x] = Background.At(x, y);
        red.CopyTo(pixels[(Size * Size)..]);
        red.CopyTo(pixels[(2 * Size * Size)..]);
    }

    private void DrawObject(int index, Span<float> pixels, Span<byte> mask)
    {
        var one = Objects[index];
        var (r, g, b) = one.Colour.Rgb();
        var box = one.Box;
        for (var y = Math.Max(0, (int)box.Top); y < Math.Min(Size, box.Bottom); y++)
            for (var x = Math.Max(0, (int)box.Left); x < Math.Min(Size, box.Right); x++)
            {
                if (!one.Contains(x + 0.5f, y + 0.5f)) continue;
                var at = y * Size + x;
                mask[at] = (byte)(index + 1);
                pixels[at] = r;
                pixels[Size * Size + at] = g;
                pixels[2 * Size * Size + at] = b;
            }
    }

    private string Describe(SceneObject one) =>
        $"a {Word(one.Size)} {Word(one.Colour)} {Word(one.Shape)} at the {Place(QuadrantOf(one))}";

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Place(Quadrant quadrant) => quadrant switch
    {
        Quadrant.TopLeft => "top left",
        Quadrant.TopRight => "top right",
        Quadrant.BottomLeft => "bottom left",
        _ => "bottom right",
    };

    private static string Adjective(Texture texture) => texture switch
    {
        Texture.Plain => "plain",
        Texture.Stripes => "striped",
        Texture.Checker => "checkered",
        _ => "dotted",
    };
}
