using System.Runtime.InteropServices;
using Lab.Data.Scenes;
using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>How pixel values are given.</summary>
public enum PixelRange
{
    /// <summary>[0, 1]; noise beyond is cut off.</summary>
    Unit,

    /// <summary>[-1, 1]: twice the unit range minus 1.</summary>
    Signed,

    /// <summary>About [-0.45, 0.65]: 0.4 subtracted, noise not cut off.</summary>
    Centred,
}

/// <summary>
/// A procedural data set: coloured shapes on a grey, perhaps patterned ground, with captions, masks and attributes.
/// Sample i follows from (seed, i) alone. The picture is a grid of cells; every object has a cell of its own and lies
/// wholly in it, so objects never overlap.
/// </summary>
public sealed record Shapes
{
    /// <summary>One of six shapes anywhere on a plain, noisy ground: the classification set of Compact Transformers' quick profile.</summary>
    public static Shapes Classification32 { get; } = new()
    {
        Size = 32,
        Kinds = Enum.GetValues<ShapeKind>(),
        MinRadius = 0.15f,
        MaxRadius = 0.3f,
        Textures = [Texture.Plain],
        Noise = 0.15f,
    };

    /// <summary>One object of 5 to 10 pixels radius on a patterned ground: image tokenizers at 32 pixels.</summary>
    public static Shapes Tokenizer32 { get; } = new() { Size = 32, MinRadius = 5f / 32, MaxRadius = 10f / 32, Range = PixelRange.Signed };

    /// <summary><see cref="Tokenizer32"/> at twice the resolution.</summary>
    public static Shapes Tokenizer64 { get; } = Tokenizer32 with { Size = 64 };

    /// <summary>One object in one of four quadrants; shape, colour, size, quadrant and texture make 1,024 captions.</summary>
    public static Shapes Captions32 { get; } = new()
    {
        Size = 32,
        Grid = 2,
        MinRadius = 0.25f,
        MaxRadius = 0.5f,
        Colours = Enum.GetValues<ObjectColour>(),
        Range = PixelRange.Signed,
    };

    /// <summary>One to four objects in a 4x4 grid: the scenes of ShapesQa, set <c>easy</c>.</summary>
    public static Shapes QaEasy { get; } = new() { Size = 32, Grid = 4, MaxObjects = 4, MinRadius = 0.375f, MaxRadius = 0.5f, Range = PixelRange.Centred };

    /// <summary>One to six objects: the scenes of ShapesQa, set <c>hard</c>.</summary>
    public static Shapes QaHard { get; } = QaEasy with { MaxObjects = 6 };

    /// <summary>Added to a training seed, this gives the seed of its test set.</summary>
    public const long TestSeedOffset = 1_000_003;

    // The batch of a training step is drawn in a millisecond or two.
    private const int FewestInParallel = 256;

    /// <summary>Side of the picture in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>Cells per side; the picture's side is a multiple of it.</summary>
    public int Grid { get; init; } = 1;

    /// <summary>Fewest objects, at least 1.</summary>
    public int MinObjects { get; init; } = 1;

    /// <summary>Most objects, at most one per cell.</summary>
    public int MaxObjects { get; init; } = 1;

    /// <summary>Smallest radius as a share of a cell's side.</summary>
    public required float MinRadius { get; init; }

    /// <summary>Largest radius as a share of a cell's side, at most 0.5.</summary>
    public required float MaxRadius { get; init; }

    /// <summary>Shapes to draw from; their order gives the labels.</summary>
    public IReadOnlyList<ShapeKind> Kinds { get; init; } = [ShapeKind.Circle, ShapeKind.Square, ShapeKind.Triangle, ShapeKind.Cross];

    /// <summary>Object colours to draw from; their order gives the labels.</summary>
    public IReadOnlyList<ObjectColour> Colours { get; init; } =
        [ObjectColour.Red, ObjectColour.Green, ObjectColour.Blue, ObjectColour.Yellow, ObjectColour.Magenta, ObjectColour.Cyan];

    /// <summary>Backgrounds to draw from; their order gives the labels.</summary>
    public IReadOnlyList<Texture> Textures { get; init; } = [Texture.Plain, Texture.Stripes, Texture.Checker, Texture.Dots];

    /// <summary>Strength of the pattern, see <see cref="Background"/>.</summary>
    public float TextureAmplitude { get; init; } = 0.12f;

    /// <summary>Pixel noise is triangular in +- this.</summary>
    public float Noise { get; init; } = 0.04f;

    /// <summary>How pixel values are given.</summary>
    public PixelRange Range { get; init; } = PixelRange.Unit;

    /// <summary>Sample <paramref name="index"/>, not yet drawn.</summary>
    /// <exception cref="ArgumentException">Settings that contradict each other.</exception>
    public Scene SceneAt(long seed, long index)
    {
        Validate();
        var random = new CounterRandom(seed, index);
        var background = new Background(
            random.Uniform(0.25f, 0.45f), Textures[random.Below(Textures.Count)], TextureAmplitude, random.Below(4), random.Below(4));

        var objects = new SceneObject[MinObjects + random.Below(MaxObjects - MinObjects + 1)];
        var cells = Enumerable.Range(0, Grid * Grid).ToArray();
        random.Shuffle<int>(cells);
        Array.Sort(cells, 0, objects.Length); // raster order
        for (var i = 0; i < objects.Length; i++) objects[i] = ObjectIn(cells[i], ref random);
        return new(Size, background, objects, Noise, (long)random.Next());
    }

    /// <summary>Draws samples <paramref name="first"/> .. <paramref name="first"/> + <paramref name="count"/> - 1.</summary>
    /// <exception cref="ArgumentException">Settings that contradict each other.</exception>
    public ShapesBatch Generate(int count, long seed, long first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var area = Size * Size;
        var scenes = new Scene[count];
        scenes[0] = SceneAt(seed, first); // wrong settings throw here, not inside the parallel loop
        var images = empty(count, 3, Size, Size).DetachFromDisposeScope();
        var masks = empty(count, Size, Size, dtype: ScalarType.Byte).DetachFromDisposeScope();
        if (count < FewestInParallel)
            for (var i = 0; i < count; i++) Draw(i);
        else Parallel.For(0, count, Draw);
        return new(this, scenes, images, masks);

        void Draw(int i)
        {
            scenes[i] = SceneAt(seed, first + i);
            var mine = MemoryMarshal.Cast<byte, float>(images.bytes).Slice(i * 3 * area, 3 * area);
            scenes[i].Draw(mine, masks.bytes.Slice(i * area, area));
            ToRange(mine);
        }
    }

    /// <summary>Samples as a classification set, label = shape kind, in the layout of real data.</summary>
    /// <exception cref="ArgumentException">Settings that contradict each other.</exception>
    public LabeledImages Classification(int count, long seed)
    {
        using var batch = (this with { Range = PixelRange.Unit }).Generate(count, seed);
        using var bytes = (batch.Images * 255).round_();
        return new(bytes.to(ScalarType.Byte), batch.Labels(SceneAttribute.Shape),
            [.. Kinds.Select(k => k.ToString().ToLowerInvariant())], $"Shapes {Size}x{Size}, seed {seed}");
    }

    /// <summary>Samples with a class per pixel: 0 for the ground, then the objects' shapes or colours.</summary>
    /// <param name="count">Samples.</param>
    /// <param name="seed">Of all of them.</param>
    /// <param name="attribute">Of an object: <see cref="SceneAttribute.Shape"/> or <see cref="SceneAttribute.Colour"/>.</param>
    /// <exception cref="ArgumentException">Settings that contradict each other, or another attribute.</exception>
    public LabeledImages Segmentation(int count, long seed, SceneAttribute attribute)
    {
        if (attribute is not (SceneAttribute.Shape or SceneAttribute.Colour)) throw new ArgumentException($"A pixel has a shape or a colour, no {attribute}.", nameof(attribute));
        var ofObjects = attribute == SceneAttribute.Shape ? Kinds.Select(kind => $"{kind}") : Colours.Select(colour => $"{colour}");
        using var batch = (this with { Range = PixelRange.Unit }).Generate(count, seed);
        using var bytes = (batch.Images * 255).round_();
        return new(bytes.to(ScalarType.Byte), batch.PixelClasses(attribute),
            ["ground", .. ofObjects.Select(name => name.ToLowerInvariant())], $"Shapes {Size}x{Size}, {attribute} per pixel, seed {seed}");
    }

    private SceneObject ObjectIn(int cell, ref CounterRandom random)
    {
        var side = (float)Size / Grid;
        var (kind, colour) = (Kinds[random.Below(Kinds.Count)], Colours[random.Below(Colours.Count)]);
        var share = random.Uniform(MinRadius, MaxRadius);
        var jitter = side / 2 - share * side;
        return new(kind, colour,
            (cell % Grid + 0.5f) * side + random.Uniform(-jitter, jitter),
            (cell / Grid + 0.5f) * side + random.Uniform(-jitter, jitter),
            share * side, share < (MinRadius + MaxRadius) / 2 ? SizeBin.Small : SizeBin.Large);
    }

    private void ToRange(Span<float> pixels)
    {
        foreach (ref var value in pixels)
            value = Range switch
            {
                PixelRange.Unit => Math.Clamp(value, 0, 1),
                PixelRange.Signed => 2 * Math.Clamp(value, 0, 1) - 1,
                _ => value - 0.4f,
            };
    }

    private void Validate()
    {
        if (Grid < 1 || Size < 1 || Size % Grid != 0)
            throw new ArgumentException($"The side of {Size} pixels is not a multiple of {Grid} cells.");
        if (MinObjects < 1 || MaxObjects < MinObjects || MaxObjects > Grid * Grid)
            throw new ArgumentException($"{MinObjects} .. {MaxObjects} objects do not fit: 1 .. {Grid * Grid} cells are there.");
        if (!(MinRadius > 0 && MinRadius <= MaxRadius && MaxRadius <= 0.5f))
            throw new ArgumentException($"Radii are shares of a cell in (0, 0.5], the smallest first; got {MinRadius} .. {MaxRadius}.");
        if (Kinds.Count == 0 || Colours.Count == 0 || Textures.Count == 0)
            throw new ArgumentException("At least one shape, one colour and one texture are needed.");
        if (!(Noise >= 0 && TextureAmplitude >= 0))
            throw new ArgumentException($"Noise and texture amplitude are at least 0, got {Noise} and {TextureAmplitude}.");
    }
}
