namespace Lab.Data.ShapesQa;

/// <summary>What a question asks for.</summary>
public enum QuestionType
{
    /// <summary><c>color of SHAPE</c>, of the only object of that shape.</summary>
    Color,

    /// <summary><c>shape of COLOR</c>, of the only object of that colour.</summary>
    Shape,

    /// <summary><c>where COLOR SHAPE</c>: the quarter of the picture that holds the only such object.</summary>
    Where,

    /// <summary><c>COLOR above COLOR</c>: yes or no, for two objects that are the only ones of their colours.</summary>
    Above,

    /// <summary><c>COLOR left COLOR</c>.</summary>
    Left,

    /// <summary><c>any COLOR SHAPE</c>: yes or no.</summary>
    Any,

    /// <summary><c>count COLOR objects</c>.</summary>
    CountColor,

    /// <summary><c>count SHAPE objects</c>.</summary>
    CountShape,

    /// <summary><c>count all objects</c>.</summary>
    CountAll,

    /// <summary><c>texture of background</c>.</summary>
    Texture,
}

/// <summary>Kinds of question types.</summary>
public static class QuestionTypes
{
    /// <summary>Whether the patches of one or two named objects suffice; the others need all objects, or the background.</summary>
    public static bool IsLocal(this QuestionType type) => type <= QuestionType.Left;

    /// <summary>As tables write it, e.g. <c>countAll</c>.</summary>
    public static string Label(this QuestionType type)
    {
        var name = type.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}

/// <summary>A question about a scene with its answer.</summary>
/// <param name="Type">What it asks for.</param>
/// <param name="First">Word 1 of 3, a number of <see cref="QaWords"/>.</param>
/// <param name="Second">Word 2.</param>
/// <param name="Third">Word 3.</param>
/// <param name="Answer">One word.</param>
/// <param name="Objects">Numbers of the scene's objects that the question names; none if it names an object that is not there, or the background.</param>
public sealed record Question(QuestionType Type, int First, int Second, int Third, int Answer, IReadOnlyList<int> Objects)
{
    /// <summary>E.g. <c>shape of red: circle</c>.</summary>
    public override string ToString() => $"{string.Join(' ', new[] { First, Second, Third }.Select(word => QaWords.All[word]))}: {QaWords.All[Answer]}";
}
