using Lab.Data.Scenes;
using static TorchSharp.torch;

namespace Lab.Data;

/// <summary>What can be asked of a scene as a class; of its first object where there are several.</summary>
public enum SceneAttribute
{
    /// <summary>Outline, numbered as in <see cref="Shapes.Kinds"/>.</summary>
    Shape,

    /// <summary>Object colour, numbered as in <see cref="Shapes.Colours"/>.</summary>
    Colour,

    /// <summary>0 small, 1 large.</summary>
    Size,

    /// <summary>Quarter of the picture, in reading order.</summary>
    Quadrant,

    /// <summary>Background, numbered as in <see cref="Shapes.Textures"/>.</summary>
    Texture,
}

/// <summary>Drawn samples of <see cref="Shapes"/> with all that is known about them.</summary>
/// <param name="Definition">The data set.</param>
/// <param name="Scenes">What each picture shows.</param>
/// <param name="Images">[N, 3, S, S] float in the data set's range.</param>
/// <param name="Masks">[N, S, S] uint8: 0 for the background, i + 1 for object i.</param>
public sealed record ShapesBatch(Shapes Definition, IReadOnlyList<Scene> Scenes, Tensor Images, Tensor Masks) : IDisposable
{
    /// <summary>Captions, one per picture.</summary>
    public IReadOnlyList<string> Captions => [.. Scenes.Select(s => s.Caption)];

    /// <returns>[N] int64, a new tensor.</returns>
    public Tensor Labels(SceneAttribute attribute) => tensor(Scenes.Select(s => (long)LabelOf(s, attribute)).ToArray());

    /// <summary>A class per pixel: 0 for the ground, 1 + shape or colour of the object that covers it.</summary>
    /// <param name="attribute">Of the object.</param>
    /// <returns>[N, S, S] uint8, a new tensor.</returns>
    internal Tensor PixelClasses(SceneAttribute attribute)
    {
        var area = Definition.Size * Definition.Size;
        var classes = Masks.data<byte>().ToArray();
        for (var i = 0; i < Scenes.Count; i++)
        {
            var ofObjects = Scenes[i].Objects.Select(one => (byte)(1 + (attribute == SceneAttribute.Shape ? Position(Definition.Kinds, one.Shape) : Position(Definition.Colours, one.Colour)))).ToArray();
            foreach (ref var value in classes.AsSpan(i * area, area)) value = value == 0 ? value : ofObjects[value - 1];
        }
        return tensor(classes, [Scenes.Count, Definition.Size, Definition.Size]);
    }

    /// <summary>
    /// What each patch shows, as ShapesQa's phrases: a texture (0 .. textures - 1) or, where objects cover at least a
    /// quarter of the patch, textures + shapes x colour + shape of the object that covers most of it.
    /// </summary>
    /// <param name="patch">Side of a patch in pixels.</param>
    /// <returns>[N, (S / patch)^2] int64 in raster order, a new tensor.</returns>
    /// <exception cref="ArgumentException">The patches do not tile the picture.</exception>
    public Tensor PatchLabels(int patch)
    {
        var shown = LargestObjects(patch);
        var perPicture = shown.Length / Scenes.Count;
        return tensor([.. shown.Select((one, i) => LabelOf(Scenes[i / perPicture], one))], [Scenes.Count, perPicture]);

        long LabelOf(Scene scene, long one) => one == 0 ? this.LabelOf(scene, SceneAttribute.Texture) : PhraseOf(scene.Objects[(int)one - 1]);
    }

    /// <summary>The object that covers most of each patch, if objects cover at least a quarter of it.</summary>
    /// <param name="patch">Side of a patch in pixels.</param>
    /// <returns>[N, (S / patch)^2] int64 in raster order: 0 for the background, i + 1 for object i. A new tensor.</returns>
    /// <exception cref="ArgumentException">The patches do not tile the picture.</exception>
    public Tensor PatchObjects(int patch)
    {
        var shown = LargestObjects(patch);
        return tensor(shown, [Scenes.Count, shown.Length / Scenes.Count]);
    }

    /// <summary>Which patches contain the centre of an object.</summary>
    /// <param name="patch">Side of a patch in pixels.</param>
    /// <returns>[N, (S / patch)^2] float, 0 or 1, in raster order, a new tensor.</returns>
    /// <exception cref="ArgumentException">The patches do not tile the picture.</exception>
    public Tensor CentreLabels(int patch)
    {
        var perSide = PatchesPerSide(patch);
        var labels = new float[Scenes.Count * perSide * perSide];
        for (var i = 0; i < Scenes.Count; i++)
            foreach (var one in Scenes[i].Objects)
                labels[i * perSide * perSide + (int)one.Y / patch * perSide + (int)one.X / patch] = 1;
        return tensor(labels, [Scenes.Count, perSide * perSide]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Images.Dispose();
        Masks.Dispose();
    }

    private int PatchesPerSide(int patch) => patch > 0 && Definition.Size % patch == 0 ? Definition.Size / patch
        : throw new ArgumentException($"Patches of {patch} pixels do not tile a picture of {Definition.Size} pixels.", nameof(patch));

    // Of every patch of every picture: the object with most pixels in it plus 1, or 0 if that covers no quarter of it.
    private long[] LargestObjects(int patch)
    {
        var perSide = PatchesPerSide(patch);
        var area = Definition.Size * Definition.Size;
        var masks = Masks.bytes;
        var shown = new long[Scenes.Count * perSide * perSide];
        for (var i = 0; i < shown.Length; i++)
        {
            var (picture, at) = Math.DivRem(i, perSide * perSide);
            shown[i] = LargestObject(masks.Slice(picture * area, area), at % perSide * patch, at / perSide * patch, patch);
        }
        return shown;
    }

    private int LargestObject(ReadOnlySpan<byte> mask, int left, int top, int patch)
    {
        Span<int> pixels = stackalloc int[byte.MaxValue + 1];
        for (var y = top; y < top + patch; y++)
            foreach (var one in mask.Slice(y * Definition.Size + left, patch)) pixels[one]++;

        var largest = 1;
        for (var one = 2; one <= Definition.MaxObjects; one++)
            if (pixels[one] > pixels[largest]) largest = one;
        return 4 * pixels[largest] >= patch * patch ? largest : 0;
    }

    private long PhraseOf(SceneObject one) =>
        Definition.Textures.Count + Definition.Kinds.Count * Position(Definition.Colours, one.Colour) + Position(Definition.Kinds, one.Shape);

    private int LabelOf(Scene scene, SceneAttribute attribute)
    {
        var one = scene.Objects[0];
        return attribute switch
        {
            SceneAttribute.Shape => Position(Definition.Kinds, one.Shape),
            SceneAttribute.Colour => Position(Definition.Colours, one.Colour),
            SceneAttribute.Size => (int)one.Size,
            SceneAttribute.Quadrant => (int)scene.QuadrantOf(one),
            SceneAttribute.Texture => Position(Definition.Textures, scene.Background.Texture),
            _ => throw new ArgumentOutOfRangeException(nameof(attribute), attribute, "No such attribute."),
        };
    }

    private static int Position<T>(IReadOnlyList<T> items, T item)
    {
        for (var i = 0; i < items.Count; i++)
            if (EqualityComparer<T>.Default.Equals(items[i], item)) return i;
        throw new InvalidOperationException($"{item} is not among the data set's values.");
    }
}
