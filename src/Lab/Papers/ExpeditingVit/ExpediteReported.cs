namespace Lab.Papers.ExpeditingVit;

/// <summary>Segmenter with ViT-L/16 on a data set, as the paper's repository reports it.</summary>
/// <param name="Data">Set.</param>
/// <param name="Side">Of the token grid.</param>
/// <param name="Classes">K.</param>
/// <param name="DecoderLayers">Behind the backbone.</param>
/// <param name="Alpha">Layers in front of the clustering; null: none is done.</param>
/// <param name="Clusters">Rows and columns of clusters.</param>
/// <param name="MeanIou">In %; null where the numbers at hand do not say.</param>
/// <param name="GigaFlops">A multiply-add is one.</param>
/// <remarks>Source: README of github.com/Expedit-LargeScale-Vision-Transformer/Expedit-Segmenter.</remarks>
public sealed record ExpediteReported(string Data, int Side, int Classes, int DecoderLayers, int? Alpha, int Clusters, double? MeanIou, double GigaFlops)
{
    private const int Patch = 16, Width = 1024, Layers = 24, Rounds = 5;

    /// <summary>With and without clustering.</summary>
    public static IReadOnlyList<ExpediteReported> All { get; } =
    [
        new("ADE20K", 40, 150, 2, null, 40, 51.82, 658.98),
        new("ADE20K", 40, 150, 2, 16, 28, 51.93, 529.81),
        new("ADE20K", 40, 150, 2, 10, 28, 51.56, 443.84),
        new("ADE20K", 40, 150, 2, 8, 20, 47.96, 309.4),
        new("Cityscapes", 48, 19, 1, null, 48, 79.14, 995.6),
        new("Cityscapes", 48, 19, 1, 12, 32, 78.38, 691.0),
        new("Pascal-Context", 30, 60, 2, 14, 20, 58.27, 251.2),
    ];

    /// <summary>Rivals on ADE20K at similar cost.</summary>
    public static IReadOnlyList<(string Name, double MeanIou, double GigaFlops)> Rivals { get; } = [("EViT 0.8", 50.37, 500.2), ("ToMe 30 %", 50.96, 448.7), ("ACT 24", 51.24, 545.2)];

    /// <summary>As text, e.g. <c>alpha 10, 40x40 to 28x28</c>.</summary>
    public string Name => Alpha is { } alpha ? $"α {alpha}, {Side}x{Side} → {Clusters}x{Clusters}" : "as it is";

    /// <summary>What the reported figures count: backbone, clustering in its dense form, and a decoder that works on clusters. In billions.</summary>
    public double CountedGigaMacs
    {
        get
        {
            double all = Side * Side, left = Clusters * Clusters, c = Width, alpha = Alpha ?? Layers;
            var embedding = all * 3 * Patch * Patch * c;
            var decoder = DecoderLayers * 12 * c * c * (left + Classes) + left * c * c + Classes * c * c + left * c * Classes;
            var clustering = Alpha is null ? 0 : Rounds * left * all * c;
            return (embedding + alpha * Layer(all + 1) + (Layers - alpha) * Layer(left + 1) + decoder + clustering) / 1e9;
        }
    }

    private static double Layer(double tokens) => 12.0 * Width * Width * tokens + 2 * tokens * tokens * Width;
}
