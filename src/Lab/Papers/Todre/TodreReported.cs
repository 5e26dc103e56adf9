namespace Lab.Papers.Todre;

/// <summary>What the paper reports, where something follows from its numbers.</summary>
/// <remarks>Source: tables 1, 4 and 5 of arXiv 2505.18757, LLaVA-NeXT-7B.</remarks>
public static class TodreReported
{
    /// <summary>MME, SQA, GQA, POPE, MMB, MMB-CN, VizWiz, VQAv2 with all 2,880 tokens.</summary>
    public static IReadOnlyList<double> All { get; } = [1519.6, 72.0, 64.2, 87.7, 68.5, 59.0, 60.6, 80.1];

    /// <summary>The same with 720 tokens.</summary>
    public static IReadOnlyList<double> Quarter { get; } = [1504.3, 70.7, 63.3, 87.5, 66.6, 58.0, 59.5, 77.5];

    /// <summary>The same with 288 tokens.</summary>
    public static IReadOnlyList<double> Tenth { get; } = [1464.4, 70.2, 59.4, 85.0, 63.3, 57.8, 56.7, 74.4];

    /// <summary>Minutes for four benchmarks: without pruning, both stages at 25 %, both at 10 %.</summary>
    public static IReadOnlyList<TimeSpan> Times { get; } = [new(0, 77, 4), new(0, 44, 18), new(0, 29, 43)];

    /// <summary>The paper's average: the mean of the shares that are kept of every benchmark.</summary>
    /// <param name="pruned">By benchmark.</param>
    /// <param name="all">Likewise.</param>
    public static double RelativeAverage(IReadOnlyList<double> pruned, IReadOnlyList<double> all) => pruned.Zip(all, (a, b) => a / b).Average();
}
