using Lab.Data.Scenes;

namespace Lab.Data.ShapesQa;

/// <summary>Parts of ShapesQa that share no sample.</summary>
public enum QaSplit
{
    /// <summary>For training.</summary>
    Train = 1234,

    /// <summary>For choices made along the way.</summary>
    Validation = 777,

    /// <summary>For results.</summary>
    Test = 999,

    /// <summary>Never looked at before the last table.</summary>
    Holdout = 31337,
}

/// <summary>
/// ShapesQa: scenes of coloured shapes on a patterned ground with questions of three words and answers of one. Some
/// questions need the patches of one object, others those of all, so that what a token reduction loses shows.
/// Sample i follows from (split, i) alone.
/// </summary>
/// <param name="Name">In tables.</param>
/// <param name="Scenes">What is seen.</param>
/// <param name="Types">What is asked, each type equally often where scenes allow it.</param>
public sealed record QaSet(string Name, Shapes Scenes, IReadOnlyList<QuestionType> Types)
{
    /// <summary>Side of a patch in pixels.</summary>
    public const int Patch = 4;

    /// <summary>What a patch can be: one of 4 backgrounds, or one of 6 x 4 objects.</summary>
    public const int Phrases = 28;

    /// <summary>The phrases of backgrounds; they come first.</summary>
    public const int Backgrounds = 4;

    /// <summary>One to four objects, six types.</summary>
    public static QaSet Easy { get; } = new(
        "easy", Shapes.QaEasy,
        [QuestionType.Color, QuestionType.Shape, QuestionType.Where, QuestionType.Any, QuestionType.CountAll, QuestionType.Texture]);

    /// <summary>One to six objects, all ten types.</summary>
    public static QaSet Hard { get; } = new("hard", Shapes.QaHard, Enum.GetValues<QuestionType>());

    /// <summary>The same questions about pictures of another size; objects grow along, patterns do not.</summary>
    /// <param name="size">Side in pixels.</param>
    public QaSet At(int size) => this with { Scenes = Scenes with { Size = size } };

    /// <summary>The question words of a phrase.</summary>
    /// <param name="phrase">0 .. <see cref="Phrases"/> - 1.</param>
    public static (int First, int Second) PhraseWords(int phrase) => phrase < Backgrounds
        ? (QaWords.Id("background"), QaWords.Of((Texture)phrase))
        : (QaWords.Of((ObjectColour)((phrase - Backgrounds) / 4)), QaWords.Of((ShapeKind)((phrase - Backgrounds) % 4)));

    /// <summary>Draws samples.</summary>
    /// <param name="split">Which part.</param>
    /// <param name="first">Number of the first sample.</param>
    /// <param name="count">Samples.</param>
    /// <param name="questions">About every sample; the first ones are the same however many there are.</param>
    /// <returns>The caller's to dispose.</returns>
    /// <exception cref="ArgumentException">No type that can be asked of every scene, or sizes outside their range.</exception>
    public QaBatch Generate(QaSplit split, long first, int count, int questions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(questions, 1);
        if (!Types.Any(QuestionRules.IsAlwaysFeasible)) throw new ArgumentException($"Some scenes allow none of the types {string.Join(", ", Types)}.");
        using var drawn = Scenes.Generate(count, (long)split, first);
        return QaBatch.Of(drawn, [.. drawn.Scenes.Select((scene, i) => Ask(scene, split, first + i, questions))], first);
    }

    private Question[] Ask(Scene scene, QaSplit split, long index, int count)
    {
        var random = new CounterRandom(Runtime.Seed.Derive((long)split, "questions"), index);
        var questions = new Question[count];
        for (var i = 0; i < count; i++)
            do questions[i] = QuestionRules.Draw(Types[random.Below(Types.Count)], scene, ref random)!;
            while (questions[i] is null);
        return questions;
    }
}
