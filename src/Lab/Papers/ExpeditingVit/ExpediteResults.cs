using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>All runs of an experiment. Owns their models.</summary>
/// <param name="Experiment">That was run.</param>
/// <param name="Data">That it ran on; stays the caller's.</param>
/// <param name="Device">Where the models are.</param>
/// <param name="Runs">One per seed.</param>
public sealed record ExpediteResults(ExpediteExperiment Experiment, ExpediteData Data, Device Device, IReadOnlyList<ExpediteRun> Runs) : IDisposable
{
    private const string Points = "points";

    /// <summary>The settings, in order.</summary>
    public IReadOnlyList<ExpediteSetting> Settings => Experiment.Settings;

    /// <summary>The two larger grids of clusters; claims are about them.</summary>
    internal (int Mild, int Half) Sides
    {
        get
        {
            int[] sides = [.. Settings.Select(setting => setting.Side).Distinct().OrderDescending()];
            return (sides[0], sides[1]);
        }
    }

    /// <summary>The scores of a setting, one per seed.</summary>
    public IReadOnlyList<ExpediteScore> Of(ExpediteSetting setting) => [.. Runs.Select(run => run[setting.Method, setting.Alpha, setting.Side])];

    /// <summary>The paper's claims beside what was measured.</summary>
    /// <remarks>Source: tables 1 and 2 of arXiv 2210.01035 and the README of Expedit-Segmenter.</remarks>
    public Claims Claims()
    {
        var full = Experiment.Scale != ExpediteScale.Quick;
        var (mild, half) = Sides;
        var (third, middle) = (Experiment.Alpha, Experiment.Model.Depth / 2);
        var twoOfThree = (2 * Runs.Count + 2) / 3;
        return new("expediting-vit",
        [
            Kept(mild, -2, "-0.26 points at -33 % (51.82, 51.56 %)"),
            Kept(half, -3, "-3.86 points at -53 % (51.82, 47.96 %)"),
            Ahead(ExpediteMethod.ClusteringBilinear, mild, "reconstruction by similarity recovers detail", 5, null),
            Ahead(ExpediteMethod.ClusteringBilinear, half, "the same", 5, null),
            Ahead(ExpediteMethod.Pooling, mild, "clustering adapts to the picture", -0.5, twoOfThree),
            Ahead(ExpediteMethod.Pooling, half, "the same", 0, twoOfThree),
            new($"{Grid(half)}: later is safer, behind {middle} layers instead of {third}", "behind 16, 10 and 8 of 24 layers: 51.93, 51.56 and 47.96 %",
                Margins(run => run[ExpediteMethod.Clustering, middle, half].TestIou - run[ExpediteMethod.Clustering, third, half].TestIou), Points) { Required = full ? -0.5 : null },
            Ahead(ExpediteMethod.Pruning, mild, "EViT 50.37 % at more GFLOPs", full ? 3 : null, full ? twoOfThree : null),
            Ahead(ExpediteMethod.Pruning, half, "+6.5 points on Pascal-Context (55.08, EViT 48.57 %)", full ? 3 : null, full ? twoOfThree : null),
            Ahead(ExpediteMethod.Merging, mild, "+0.6 points (51.56, ToMe 50.96 %)", null, null),
            Ahead(ExpediteMethod.Merging, half, "+0.83 points on Pascal-Context (55.08, 54.25 %)", null, null),
            new($"{Grid(half)}: at most 0.75 of the time, all pairs computed", "frames a second +45 % (6.55, 9.51)", Margins(run => 0.75 - run.Latencies.Single(latency => latency.Side == half && latency.AllPairs).Share), "of it, to spare") { Required = full ? 0 : null },
        ]);

        Claim Kept(int side, double required, string reported) => new(
            $"{Grid(side)} of {Grid(Experiment.Model.Side)} tokens lose at most {-required} points of mIoU", reported,
            Margins(run => run[ExpediteMethod.Clustering, third, side].TestIou - run.BaseIou), Points)
        {
            Required = required,
        };

        Claim Ahead(ExpediteMethod rival, int side, string reported, double? required, int? seeds) => new(
            $"{Grid(side)}: ahead of {ExpediteSetting.NameOf(rival)}", reported,
            Margins(run => run[ExpediteMethod.Clustering, third, side].TestIou - run[rival, third, side].TestIou), Points)
        {
            Required = required,
            SeedsRequired = seeds,
        };
    }

    /// <summary>A way of the reader's own, on the first seed's model.</summary>
    /// <param name="own">What.</param>
    /// <returns>Mean IoU on test pictures in %, and multiply-adds of one picture.</returns>
    public (double Iou, double Macs) Measure(OwnSetting own)
    {
        var expedited = Expedited(own);
        var probe = Probe(Runs[0]);
        return (probe.Score(expedited, Data.Test), probe.Macs(expedited));
    }

    /// <summary>The first seed's model, expedited.</summary>
    internal ReducedTransformer Expedited(OwnSetting own)
    {
        var probe = Probe(Runs[0]);
        return own.ClusteredHead
            ? probe.ClusteredHead(Clustering(own) with { Upsampling = TokenUpsampling.Bilinear }, own.Alpha, own.Side) // so that enlarging is counted, and no reconstruction
            : probe.Clustered(Clustering(own), own.Alpha, own.Side, own.Gamma);
    }

    /// <summary>The clustering of a reader's own setting, with tau in the units of the first seed's model.</summary>
    internal TokenClustering Clustering(OwnSetting own) => new(own.TauShare / Probe(Runs[0]).MeanSquaredDistance(own.Alpha))
    {
        Iterations = own.Iterations,
        Window = own.Window,
        Nearest = own.Nearest,
        Norm = own.Norm,
    };

    /// <summary>What validation pictures chose for a grid of clusters behind a third of the layers, first seed; the setting nearest to it where it was not measured.</summary>
    public double TauShare(int alpha, int side) => Runs[0].Scores
        .Where(score => score.Setting.Method == ExpediteMethod.Clustering)
        .MinBy(score => (Math.Abs(score.Setting.Alpha - alpha), Math.Abs(score.Setting.Side - side)))!.Chosen.TauShare!.Value;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Runs) run.Dispose();
    }

    private SegmentationProbe Probe(ExpediteRun run) => new(run.Model, Data, Device);

    private static string Grid(int side) => $"{side}x{side}";

    private double[] Margins(Func<ExpediteRun, double> margin) => [.. Runs.Select(margin)];
}
