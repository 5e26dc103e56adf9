namespace Lab.Data.Scenes;

/// <summary>Outlines of objects.</summary>
public enum ShapeKind
{
    /// <summary>A disc.</summary>
    Circle,

    /// <summary>Upright, its side 1.76 radii.</summary>
    Square,

    /// <summary>Its apex up, as wide as high.</summary>
    Triangle,

    /// <summary>Upright, its bars 0.72 radii wide.</summary>
    Cross,

    /// <summary>A square on its corner.</summary>
    Diamond,

    /// <summary>A disc with a hole of half its radius.</summary>
    Ring,
}

/// <summary>Colours of objects; <see cref="Palette"/> has their RGB.</summary>
public enum ObjectColour
{
    /// <summary>1, .1, .1.</summary>
    Red,

    /// <summary>.1, .9, .1.</summary>
    Green,

    /// <summary>.15, .25, 1.</summary>
    Blue,

    /// <summary>1, .95, .1.</summary>
    Yellow,

    /// <summary>.95, .1, .95.</summary>
    Magenta,

    /// <summary>.1, .95, .95.</summary>
    Cyan,

    /// <summary>1, .55, .1.</summary>
    Orange,

    /// <summary>.95, .95, .95.</summary>
    White,
}

/// <summary>Halves of a data set's range of radii.</summary>
public enum SizeBin
{
    /// <summary>Below the middle of the range.</summary>
    Small,

    /// <summary>At the middle or above.</summary>
    Large,
}

/// <summary>Quarters of the picture.</summary>
public enum Quadrant
{
    /// <summary>Above and left of the middle.</summary>
    TopLeft,

    /// <summary>Above and right of the middle.</summary>
    TopRight,

    /// <summary>Below and left of the middle.</summary>
    BottomLeft,

    /// <summary>Below and right of the middle.</summary>
    BottomRight,
}

/// <summary>Edges in pixels; the picture's upper left corner is 0, 0.</summary>
/// <param name="Left">Smallest x.</param>
/// <param name="Top">Smallest y.</param>
/// <param name="Right">Largest x.</param>
/// <param name="Bottom">Largest y.</param>
public readonly record struct Box(float Left, float Top, float Right, float Bottom);

/// <summary>One thing in a scene.</summary>
/// <param name="Shape">Outline.</param>
/// <param name="Colour">Fill.</param>
/// <param name="X">Centre in pixels from the left edge.</param>
/// <param name="Y">Centre in pixels from the upper edge.</param>
/// <param name="Radius">Half the width of the box that holds any shape of this size, in pixels.</param>
/// <param name="Size">Small or large within its data set.</param>
public sealed record SceneObject(ShapeKind Shape, ObjectColour Colour, float X, float Y, float Radius, SizeBin Size)
{
    /// <summary>The bounding box of the outline.</summary>
    public Box Box
    {
        get
        {
            var half = Shape == ShapeKind.Square ? 0.88f * Radius : Radius;
            return new(X - half, Y - half, X + half, Y + half);
        }
    }

    /// <summary>Whether a point, in pixels, belongs to the object. The renderer, the masks and the labels all ask this.</summary>
    public bool Contains(float x, float y)
    {
        var (dx, dy) = (Math.Abs(x - X), y - Y);
        var r = Radius;
        switch (Shape)
        {
            case ShapeKind.Circle: return dx * dx + dy * dy <= r * r;
            case ShapeKind.Square: return dx <= 0.88f * r && Math.Abs(dy) <= 0.88f * r;
            case ShapeKind.Triangle:
                var fromApex = (dy + r) / (2 * r); // 0 at the apex, 1 at the base
                return fromApex is >= 0 and <= 1 && dx <= fromApex * r;
            case ShapeKind.Cross: return (dx <= 0.36f * r && Math.Abs(dy) <= r) || (dx <= r && Math.Abs(dy) <= 0.36f * r);
            case ShapeKind.Diamond: return dx + Math.Abs(dy) <= r;
            case ShapeKind.Ring: return dx * dx + dy * dy <= r * r && dx * dx + dy * dy >= 0.25f * r * r;
            default: throw new InvalidOperationException($"{Shape} has no outline.");
        }
    }
}

/// <summary>RGB of the object colours.</summary>
public static class Palette
{
    private static readonly (float R, float G, float B)[] colours =
    [
        (1, .1f, .1f), (.1f, .9f, .1f), (.15f, .25f, 1), (1, .95f, .1f),
        (.95f, .1f, .95f), (.1f, .95f, .95f), (1, .55f, .1f), (.95f, .95f, .95f),
    ];

    /// <summary>Red, green and blue in [0, 1].</summary>
    public static (float R, float G, float B) Rgb(this ObjectColour colour) => colours[(int)colour];
}
