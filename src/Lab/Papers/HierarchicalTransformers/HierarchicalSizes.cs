using Lab.Nn;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>A size of the paper: the hierarchical model and its baseline with a vocabulary of 65,536.</summary>
/// <param name="Name">E.g. <c>1B</c>.</param>
/// <param name="Hierarchical">Heads are 128 wide.</param>
/// <param name="Baseline">Embedding and output layer are two tables.</param>
/// <remarks>Source: section 4 of arXiv 2501.10322; widths follow from the reported counts.</remarks>
public sealed record HierarchicalSize(string Name, WordLmOptions Hierarchical, DecoderOptions Baseline)
{
    private const int Vocabulary = 65_536, Context = 4096;

    /// <summary>About a billion parameters.</summary>
    public static HierarchicalSize Size1B { get; } = Official("1B", charWidth: 768, charLayers: 3, layers: 18, baselineWidth: 2048, baselineLayers: 16);

    /// <summary>About four billion parameters.</summary>
    public static HierarchicalSize Size3B { get; } = Official("3B", charWidth: 768, charLayers: 3, layers: 28, baselineWidth: 3072, baselineLayers: 24);

    /// <summary>About nine billion parameters.</summary>
    public static HierarchicalSize Size7B { get; } = Official("7B", charWidth: 1024, charLayers: 4, layers: 36, baselineWidth: 4096, baselineLayers: 32);

    /// <summary>All three.</summary>
    public static IReadOnlyList<HierarchicalSize> All { get; } = [Size1B, Size3B, Size7B];

    /// <summary>Matrix weights of the baseline, both tables included.</summary>
    public long BaselineWeights => 12L * Baseline.Dim * Baseline.Dim * Baseline.Depth + 2L * Baseline.Vocabulary * Baseline.Dim;

    private static HierarchicalSize Official(string name, int charWidth, int charLayers, int layers, int baselineWidth, int baselineLayers) => new(
        name,
        new(charWidth, charLayers, 128 * layers, layers, Context) { CharHeads = charWidth / 128, Heads = layers },
        new(Vocabulary, baselineWidth, baselineLayers, baselineWidth / 128, Context) { TiedOutput = false });
}
