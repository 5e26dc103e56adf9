namespace Lab.Data.Scenes;

/// <summary>Patterns behind the objects.</summary>
public enum Texture
{
    /// <summary>One grey.</summary>
    Plain,

    /// <summary>Pairs of rows, lighter and darker in turn.</summary>
    Stripes,

    /// <summary>2x2 blocks, lighter and darker in turn.</summary>
    Checker,

    /// <summary>Every 4th pixel of every 4th row bright, the rest slightly darker.</summary>
    Dots,
}

/// <summary>A grey ground with a pattern.</summary>
/// <param name="Level">Grey in [0, 1].</param>
/// <param name="Texture">The pattern.</param>
/// <param name="Amplitude">How far stripes and checkers depart from the grey; dots stand out 2.5 times as far.</param>
/// <param name="PhaseX">0 .. 3 pixels by which the pattern is moved left.</param>
/// <param name="PhaseY">0 .. 3 pixels by which the pattern is moved up.</param>
public sealed record Background(float Level, Texture Texture, float Amplitude, int PhaseX, int PhaseY)
{
    /// <summary>The grey of a pixel.</summary>
    public float At(int x, int y)
    {
        (x, y) = (x + PhaseX, y + PhaseY);
        return Level + Amplitude * Texture switch
        {
            Texture.Plain => 0,
            Texture.Stripes => (y & 2) == 0 ? 1 : -1,
            Texture.Checker => ((x ^ y) & 2) == 0 ? 1 : -1,
            Texture.Dots => (x & 3) == 0 && (y & 3) == 0 ? 2.5f : -0.3f,
            _ => throw new InvalidOperationException($"{Texture} has no pattern."),
        };
    }
}
