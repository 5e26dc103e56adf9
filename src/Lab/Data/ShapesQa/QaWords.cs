using System.Collections.Frozen;
using Lab.Data.Scenes;

namespace Lab.Data.ShapesQa;

/// <summary>The 58 words that questions and answers are made of. Those for videos are part of the vocabulary, so that a model of pictures can be taken on.</summary>
public static class QaWords
{
    private static readonly string[] all =
        ("<pad> <bos> <q> <a> <eos> color of shape where any count objects all above left texture background " +
        "red green blue yellow magenta cyan circle square triangle cross yes no tl tr bl br n0 n1 n2 n3 n4 n5 n6 " +
        "plain stripes checker dots right up down still way faster before last marker seen describe image a and").Split(' ');

    private static readonly FrozenDictionary<string, int> ids = all.Select((word, id) => (word, id)).ToFrozenDictionary(pair => pair.word, pair => pair.id);

    /// <summary>In the order of their numbers.</summary>
    public static IReadOnlyList<string> All => all;

    /// <summary>Stands before every picture.</summary>
    public static int Begin { get; } = ids["<bos>"];

    /// <summary>Opens a question.</summary>
    public static int Question { get; } = ids["<q>"];

    /// <summary>Behind a question; the answer is predicted here.</summary>
    public static int Answer { get; } = ids["<a>"];

    internal static int Yes { get; } = ids["yes"];
    internal static int No { get; } = ids["no"];

    private static readonly int red = ids["red"], circle = ids["circle"], topLeft = ids["tl"], zero = ids["n0"], plain = ids["plain"];

    /// <summary>The number of a word.</summary>
    /// <exception cref="KeyNotFoundException">No word of the vocabulary.</exception>
    public static int Id(string word) => ids[word];

    internal static int Of(ObjectColour colour) => red + (int)colour;
    internal static int Of(ShapeKind shape) => circle + (int)shape;
    internal static int Of(Quadrant quadrant) => topLeft + (int)quadrant;
    internal static int Of(Texture texture) => plain + (int)texture;
    internal static int Count(int number) => zero + number;
}
