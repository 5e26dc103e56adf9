using Lab.Data.Scenes;

namespace Lab.Data.ShapesQa;

/// <summary>Which questions a scene allows. A question is never asked where it has no answer, or more than one.</summary>
internal static class QuestionRules
{
    // Of a cell's side: nearer centres are neither above nor below each other.
    private const float LeastDistance = 5f / 8;

    private static readonly ObjectColour[] colours = [.. Shapes.QaEasy.Colours];
    private static readonly ShapeKind[] shapes = [.. Shapes.QaEasy.Kinds];
    private static readonly int of = QaWords.Id("of"), count = QaWords.Id("count"), objects = QaWords.Id("objects");

    /// <summary>Types that can be asked of every scene.</summary>
    public static bool IsAlwaysFeasible(QuestionType type) => type >= QuestionType.Any;

    /// <returns>Null: the scene allows no question of this type.</returns>
    public static Question? Draw(QuestionType type, Scene scene, ref CounterRandom random) => type switch
    {
        QuestionType.Any => DrawAny(scene, ref random),
        QuestionType.CountColor => DrawCount(type, colours, one => one.Colour, QaWords.Of, scene, ref random),
        QuestionType.CountShape => DrawCount(type, shapes, one => one.Shape, QaWords.Of, scene, ref random),
        _ => Choose(Feasible(type, scene), ref random),
    };

    private static List<Question> Feasible(QuestionType type, Scene scene) => type switch
    {
        QuestionType.Color => [.. Unique(scene, one => one.Shape).Select(i => Ask(type, "color", of, QaWords.Of(scene.Objects[i].Shape), QaWords.Of(scene.Objects[i].Colour), i))],
        QuestionType.Shape => [.. Unique(scene, one => one.Colour).Select(i => Ask(type, "shape", of, QaWords.Of(scene.Objects[i].Colour), QaWords.Of(scene.Objects[i].Shape), i))],
        QuestionType.Where => [.. Unique(scene, one => (one.Colour, one.Shape)).Select(i => AskWhere(scene, i))],
        QuestionType.Above => Compare(type, "above", scene, one => one.Y),
        QuestionType.Left => Compare(type, "left", scene, one => one.X),
        QuestionType.CountAll => [Ask(type, "count", QaWords.Id("all"), objects, QaWords.Count(scene.Objects.Count), [.. Enumerable.Range(0, scene.Objects.Count)])],
        QuestionType.Texture => [Ask(type, "texture", of, QaWords.Id("background"), QaWords.Of(scene.Background.Texture))],
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such type of question."),
    };

    private static Question AskWhere(Scene scene, int i)
    {
        var one = scene.Objects[i];
        return Ask(QuestionType.Where, "where", QaWords.Of(one.Colour), QaWords.Of(one.Shape), QaWords.Of(scene.QuadrantOf(one)), i);
    }

    private static List<Question> Compare(QuestionType type, string relation, Scene scene, Func<SceneObject, float> along)
    {
        var least = LeastDistance * scene.Size / Shapes.QaEasy.Grid;
        var unique = Unique(scene, one => one.Colour).ToArray();
        var found = new List<Question>();
        foreach (var i in unique)
            foreach (var j in unique)
            {
                var (a, b) = (scene.Objects[i], scene.Objects[j]);
                if (i == j || Math.Abs(along(a) - along(b)) < least) continue;
                found.Add(new(type, QaWords.Of(a.Colour), QaWords.Id(relation), QaWords.Of(b.Colour), along(a) < along(b) ? QaWords.Yes : QaWords.No, [i, j]));
            }
        return found;
    }

    // Yes and no are equally frequent; of the pairs that are not there, 2 of 3 share colour or shape with an object.
    private static Question DrawAny(Scene scene, ref CounterRandom random)
    {
        var (present, near, far) = (new List<(ObjectColour, ShapeKind)>(), new List<(ObjectColour, ShapeKind)>(), new List<(ObjectColour, ShapeKind)>());
        foreach (var colour in colours)
            foreach (var shape in shapes)
            {
                var (sameColour, sameShape) = (scene.Objects.Any(one => one.Colour == colour), scene.Objects.Any(one => one.Shape == shape));
                var both = scene.Objects.Any(one => one.Colour == colour && one.Shape == shape);
                (both ? present : sameColour || sameShape ? near : far).Add((colour, shape));
            }

        var yes = random.Below(2) == 0;
        var alike = random.Below(3) < 2 || far.Count == 0;
        var pairs = yes ? present : alike ? near : far;
        var asked = pairs[random.Below(pairs.Count)];
        return new(
            QuestionType.Any, QaWords.Id("any"), QaWords.Of(asked.Item1), QaWords.Of(asked.Item2), yes ? QaWords.Yes : QaWords.No,
            Matching(scene, one => (one.Colour, one.Shape) == asked));
    }

    // A value that is there is asked for 3 of 4 times.
    private static Question DrawCount<T>(QuestionType type, T[] values, Func<SceneObject, T> valueOf, Func<T, int> word, Scene scene, ref CounterRandom random)
    {
        var there = values.Where(value => scene.Objects.Any(one => Equals(valueOf(one), value))).ToArray();
        var missing = values.Except(there).ToArray();
        var pool = random.Below(4) < 3 || missing.Length == 0 ? there : missing;
        var asked = pool[random.Below(pool.Length)];
        var matching = Matching(scene, one => Equals(valueOf(one), asked));
        return new(type, count, word(asked), objects, QaWords.Count(matching.Length), matching);
    }

    private static Question? Choose(List<Question> questions, ref CounterRandom random) => questions.Count == 0 ? null : questions[random.Below(questions.Count)];

    private static Question Ask(QuestionType type, string first, int second, int third, int answer, params int[] named) =>
        new(type, QaWords.Id(first), second, third, answer, named);

    // Numbers of objects that share the value with no other.
    private static IEnumerable<int> Unique<T>(Scene scene, Func<SceneObject, T> valueOf) => Enumerable.Range(0, scene.Objects.Count)
        .Where(i => scene.Objects.Count(other => Equals(valueOf(other), valueOf(scene.Objects[i]))) == 1);

    private static int[] Matching(Scene scene, Func<SceneObject, bool> matches) =>
        [.. Enumerable.Range(0, scene.Objects.Count).Where(i => matches(scene.Objects[i]))];
}
