using Lab.Data;
using Lab.Metrics;
using Lab.Nn;
using Lab.Tokens;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>Expedites a trained model in every way and scores it. The model is never changed.</summary>
internal sealed class SegmentationProbe(VisionTransformer model, ExpediteData data, Device device)
{
    /// <summary>Values of tau that are tried, over the mean squared distance between a picture's tokens.</summary>
    public static IReadOnlyList<double> TauShares { get; } = [2, 5, 15, 50];

    private readonly Dictionary<int, double> distances = [];

    /// <summary>Layers.</summary>
    private int Depth => model.Blocks.Count;

    /// <summary>The model as it is, on test pictures, in %.</summary>
    public double Iou() => Score(model, data.Test);

    /// <summary>Chooses tau or a schedule on validation pictures, and measures the choice on test pictures.</summary>
    public ExpediteScore Measure(ExpediteSetting setting)
    {
        var tried = Candidates(setting).Select(candidate => (candidate.Name, candidate.TauShare, candidate.Model, Iou: Score(candidate.Model, data.Validation))).ToArray();
        var best = tried.MaxBy(candidate => candidate.Iou);
        var candidates = tried.Select(candidate => new ExpediteCandidate(candidate.Name, candidate.TauShare, candidate.Iou)).ToArray();
        return new(setting, candidates, candidates.MaxBy(candidate => candidate.ValidationIou)!, Score(best.Model, data.Test), Cost(setting, best.Model));
    }

    /// <summary>The paper's method with other rounds of clustering and clusters in the reconstruction, and the tau of a setting, on test pictures, in %.</summary>
    public double Ablated(ExpediteScore defaults, int iterations, int nearest)
    {
        var (setting, tau) = (defaults.Setting, defaults.Chosen.TauShare!.Value / MeanSquaredDistance(defaults.Setting.Alpha));
        return Score(Clustered(setting.Clusters(tau) with { AllPairs = true, Iterations = iterations, Nearest = nearest }, setting.Alpha, setting.Side), data.Test);
    }

    /// <summary>On test or validation pictures, in %.</summary>
    public double Score(nn.Module<Tensor, Tensor> segmenter, LabeledImages pictures) => ImageSegmentation.Score(segmenter, pictures, data.Normalization, device);

    /// <summary>Mean squared distance between two tokens of a picture behind some layers; what is far depends on the model.</summary>
    public double MeanSquaredDistance(int alpha)
    {
        if (distances.TryGetValue(alpha, out var known)) return known;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var x = model.Embed(data.Normalization.Apply(data.Validation.Images.to(ScalarType.Float32) / 255).to(device));
        foreach (var block in model.Blocks.Take(alpha)) x = block.call(x, null);
        var spread = x.square().sum([2L]).mean([1L]) - x.mean([1L]).square().sum([1L]); // half of the mean over all pairs
        return distances[alpha] = 2 * spread.mean().item<float>();
    }

    /// <summary>The model with clusters in it.</summary>
    /// <param name="how">Clustering and reconstruction.</param>
    /// <param name="alpha">Layers in front.</param>
    /// <param name="side">Rows and columns of clusters.</param>
    /// <param name="gamma">Layers behind the reconstruction.</param>
    public ReducedTransformer Clustered(TokenClustering how, int alpha, int side, int gamma = 0) => new(model, how, Behind(alpha, side) with { RestoredBlocks = gamma });

    /// <summary>The same with a head that answers for clusters, see <see cref="CoarseHead"/>.</summary>
    public ReducedTransformer ClusteredHead(TokenClustering how, int alpha, int side) => new(new CoarseHead(model, side), how, Behind(alpha, side));

    /// <summary>Multiply-adds of one picture, everything included.</summary>
    public double Macs(nn.Module<Tensor, Tensor> segmenter)
    {
        using var one = zeros([1, 3, model.Options.ImageSize, model.Options.ImageSize], device: device);
        return MacCounter.Count(segmenter, one).Total + ((segmenter as ReducedTransformer)?.ReducerMacs ?? 0);
    }

    // The paper leaves attention alone: a cluster counts as one token there.
    private static ReductionPlan Behind(int alpha, int side) => new(new ReductionStep(alpha - 1, side * side)) { Place = ReductionPlace.AfterBlock, Proportional = false };

    // Clusters are counted as computed in the window alone; tau changes nothing about that.
    private double Cost(ExpediteSetting setting, ReducedTransformer chosen) => Macs(setting.HasClusters ? Clustered(setting.Clusters(1), setting.Alpha, setting.Side) : chosen);

    // The same clusters from all pairs are sooner there.
    private ReducedTransformer Scored(ExpediteSetting setting, double tau) => Clustered(setting.Clusters(tau) with { AllPairs = true }, setting.Alpha, setting.Side);

    private IEnumerable<(string Name, double? TauShare, ReducedTransformer Model)> Candidates(ExpediteSetting setting)
    {
        if (setting.HasTau)
            return TauShares.Select(share => (FormattableString.Invariant($"τ {share}"), (double?)share, Scored(setting, share / MeanSquaredDistance(setting.Alpha))));
        if (setting.Method == ExpediteMethod.PoolingBilinear) return [("", null, Scored(setting, 1))];
        var budget = Macs(Clustered(new(1), setting.Alpha, setting.Side));
        ITokenReducer reducer = setting.Method == ExpediteMethod.Merging ? new BipartiteMerging() : new AttentionPruning();
        (string Name, Func<int, ReductionPlan> Plan)[] schedules = [("at once", lost => AtOnce(setting.Alpha, lost)), ("a few in every layer", Gradually)];
        return from schedule in schedules
               let reduced = WithinBudget(reducer, schedule.Plan, budget)
               where reduced is not null
               select (schedule.Name, (double?)null, reduced);
    }

    // The mildest plan that costs no more, or null: none does.
    private ReducedTransformer? WithinBudget(ITokenReducer reducer, Func<int, ReductionPlan> plan, double budget)
    {
        var (mild, harsh) = (0, Tokens - 1);
        if (Macs(new(model, reducer, plan(harsh))) > budget) return null;
        while (harsh - mild > 1)
        {
            var middle = (mild + harsh) / 2;
            (mild, harsh) = Macs(new(model, reducer, plan(middle))) > budget ? (middle, harsh) : (mild, middle);
        }
        return new(model, reducer, plan(harsh));

        double Macs(ReducedTransformer reduced) => this.Macs(reduced);
    }

    private ReductionPlan AtOnce(int alpha, int lost) => new(new ReductionStep(alpha - 1, Tokens - lost)) { RestoredBlocks = 0 };

    // As in ToMe: equally many in every layer.
    private ReductionPlan Gradually(int lost) => new([.. Enumerable.Range(0, Depth).Select(block => new ReductionStep(block, Tokens - lost * (block + 1) / Depth))]) { RestoredBlocks = 0 };

    private int Tokens => model.Grid.Height * model.Grid.Width;
}
