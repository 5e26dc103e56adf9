using Lab.Plots;
using Lab.Tokens;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.ExpeditingVit;

/// <summary>The notebook's pictures.</summary>
public static class ExpediteFigures
{
    // Of classes: the ground, then objects in the order of their colours.
    private static readonly float[,] palette =
    {
        { 0.25f, 0.25f, 0.25f }, { 0.85f, 0.15f, 0.15f }, { 0.15f, 0.7f, 0.2f }, { 0.2f, 0.3f, 0.9f }, { 0.9f, 0.8f, 0.15f }, { 0.8f, 0.2f, 0.8f }, { 0.15f, 0.75f, 0.8f },
    };

    /// <summary>Loss while training, one line per seed.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Losses(ExpediteResults results) => Charts.LossCurve(
        [.. results.Runs.Select(run => new Series($"seed {run.Seed}", [.. run.History.Select(point => (double)point.Step)], [.. run.History.Select(point => point.Loss)]))]);

    /// <summary>A picture, the cells that clustering begins with, and the clusters after every round: each in the mean colour of its pixels, borders in white.</summary>
    /// <param name="results">Whose first model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="own">Decides layer, grid, window and tau; of its rounds all are shown.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Clusters(ExpediteResults results, Tensor pixels, OwnSetting own, int scale = 3)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var image = pixels.to(ScalarType.Float32) / 255;
        var grids = new ClusterGrids(results.Runs[0].Model.Grid, (own.Side, own.Side));
        var maps = Enumerable.Range(0, own.Iterations + 1).Select(rounds => Painted(image, rounds == 0 ? Cells(grids) : Largest(results, pixels, own with { Iterations = rounds }), own.Side, scale));
        var enlarged = image.repeat_interleave(scale, 1).repeat_interleave(scale, 2);
        string[] captions = ["picture", $"{own.Side}x{own.Side} cells", .. Enumerable.Range(1, own.Iterations).Select(rounds => $"{rounds} {(rounds == 1 ? "round" : "rounds")}")];
        return new(stack([enlarged, .. maps]).MoveToOuterDisposeScope(), captions, Columns: 4, Scale: 1);
    }

    /// <summary>A picture, its classes, what the model says of it as it is and expedited, and where the expedited one errs: red where the other is right, grey where both are wrong.</summary>
    /// <param name="results">Whose first model.</param>
    /// <param name="picture">Test picture.</param>
    /// <param name="own">How it is expedited.</param>
    /// <param name="scale">Pixels of the drawing per pixel of the picture.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Predictions(ExpediteResults results, int picture, OwnSetting own, int scale = 3)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (pixels, labels) = (results.Data.Test.Images[picture], results.Data.Test.Labels[picture].to(ScalarType.Int64));
        var input = Input(results, pixels);
        var whole = results.Runs[0].Model.call(input).argmax(1)[0].cpu();
        var expedited = results.Expedited(own).call(input).argmax(1)[0].cpu();
        var (both, alone) = ((expedited != labels).logical_and(whole != labels) * 0.5f, (expedited != labels).logical_and(whole == labels) * 1f);
        var errors = stack([both + alone, both, both]);
        Tensor[] shown = [pixels.to(ScalarType.Float32) / 255, Coloured(labels), Coloured(whole), Coloured(expedited), errors];
        return new(stack(shown).MoveToOuterDisposeScope(), ["picture", "classes", "as it is", "expedited", "errors"], Columns: 5, Scale: scale);
    }

    /// <summary>What one token is reconstructed from: the weights of clusters at their cells, and through the clusters the tokens they stand for.</summary>
    /// <param name="results">Whose first model.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="own">Clustering and reconstruction.</param>
    /// <param name="token">In raster order.</param>
    /// <returns>Maps whose tensors are the caller's to dispose.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No token of that number.</exception>
    public static IReadOnlyList<TokenMap> ReconstructionWeights(ExpediteResults results, Tensor pixels, OwnSetting own, int token)
    {
        var (height, width) = results.Runs[0].Model.Grid;
        if ((uint)token >= height * width) throw new ArgumentOutOfRangeException(nameof(token), token, $"Tokens are 0..{height * width - 1}.");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var clusters = Traced(results, pixels, own);
        var weights = clusters.Reconstruction()[0, token].cpu(); // [n]
        var atCells = weights.index_select(0, Cells(new((height, width), (own.Side, own.Side))).view(-1)).view(height, width);
        var ofTokens = weights.unsqueeze(0).matmul(clusters.Weights()[0].cpu()).view(height, width);
        var image = Marked(pixels, token, height, width);
        return
        [
            new(image.alias().MoveToOuterDisposeScope(), atCells.MoveToOuterDisposeScope(), "weights of clusters, at their cells", Scale: 4),
            new(image.alias().MoveToOuterDisposeScope(), ofTokens.MoveToOuterDisposeScope(), "weights of tokens, through their clusters", Scale: 4),
        ];
    }

    /// <summary>Mean IoU over multiply-adds, one line per method behind a third of the layers, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart IouOverMacs(ExpediteResults results)
    {
        var (macs, iou) = (results.Runs[0].BaseMacs, results.Runs.Average(run => run.BaseIou));
        var methods = Enum.GetValues<ExpediteMethod>().Reverse(); // the paper's own on top
        var lines = methods.Select(method => results.Settings.Where(setting => setting.Method == method && setting.Alpha == results.Experiment.Alpha)).Where(settings => settings.Any()).Select(settings =>
        {
            var points = settings.Select(results.Of).OrderByDescending(scores => scores[0].Macs).ToArray();
            return new Series(settings.First().Name, [macs / 1e6, .. points.Select(scores => scores.Average(score => score.Macs) / 1e6)], [iou, .. points.Select(scores => scores.Average(score => score.TestIou))])
            {
                Hover = ["as it is", .. points.Select(scores => FormattableString.Invariant($"{scores[0].Setting.Name}, {scores[0].Setting.Side}x{scores[0].Setting.Side}: {scores.Average(score => score.TestIou):F2} %"))],
            };
        });
        return Charts.Lines([.. lines], "MMAC of a picture", "mean IoU in %", "What is left of accuracy, and of cost");
    }

    /// <summary>What the paper's repository reports for Segmenter on ADE20K.</summary>
    public static GenericChart Reported()
    {
        var ours = ExpediteReported.All.Where(r => r.Data == "ADE20K").ToArray();
        return Charts.Scatter(
        [
            new("clusters", [.. ours.Select(r => r.GigaFlops)], [.. ours.Select(r => r.MeanIou!.Value)]) { Hover = [.. ours.Select(r => r.Name)] },
            .. ExpediteReported.Rivals.Select(rival => new Series(rival.Name, [rival.GigaFlops], [rival.MeanIou])),
        ], "GFLOPs", "mean IoU in %", "Reported: Segmenter ViT-L/16 on ADE20K");
    }

    /// <summary>Mean IoU on validation pictures over tau, mean over seeds, for methods that have one.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart IouOverTau(ExpediteResults results)
    {
        var settings = results.Settings.Where(setting => setting.HasTau && setting.Alpha == results.Experiment.Alpha && (setting.Side == results.Sides.Mild || setting.Side == results.Sides.Half));
        return Charts.Lines([.. settings.Select(setting =>
        {
            var scores = results.Of(setting);
            return new Series($"{setting.Name}, {setting.Side}x{setting.Side}", [.. scores[0].Candidates.Select(candidate => candidate.TauShare!.Value)],
                [.. scores[0].Candidates.Select((_, i) => scores.Average(score => score.Candidates[i].ValidationIou))]);
        })], "τ times the mean squared distance between tokens", "mean IoU in %, validation", "A small τ blurs", logX: true);
    }

    private static ClusteredTokens Traced(ExpediteResults results, Tensor pixels, OwnSetting own) =>
        (ClusteredTokens)results.Expedited(own with { ClusteredHead = false, Gamma = 0 }).Trace(Input(results, pixels)).Reductions[0];

    private static Tensor Input(ExpediteResults results, Tensor pixels) => results.Data.Normalization.Apply(pixels.unsqueeze(0).to(ScalarType.Float32) / 255).to(results.Device);

    // The cluster with the largest share of every token, [H, W].
    private static Tensor Largest(ExpediteResults results, Tensor pixels, OwnSetting own)
    {
        var (height, width) = results.Runs[0].Model.Grid;
        return Traced(results, pixels, own).Assignment()[0].argmax(0).view(height, width).cpu();
    }

    // The cell of every token, [H, W].
    private static Tensor Cells(ClusterGrids grids)
    {
        var homes = from y in Enumerable.Range(0, grids.Tokens.Height) from x in Enumerable.Range(0, grids.Tokens.Width) select grids.Home((y, x));
        return tensor(homes.Select(home => (long)home.Y * grids.Centres.Width + home.X).ToArray(), [grids.Tokens.Height, grids.Tokens.Width]);
    }

    // Clusters in the mean colours of their pixels.
    private static Tensor Painted(Tensor image, Tensor clusters, int side, int scale)
    {
        var patch = image.shape[1] / clusters.shape[0];
        var ofPixels = clusters.repeat_interleave(patch, 0).repeat_interleave(patch, 1).view(-1);
        var members = nn.functional.one_hot(ofPixels, side * side).to(ScalarType.Float32); // [pixels, n]
        var colours = image.view(3, -1).matmul(members) / members.sum([0L]).clamp_min(1);
        var painted = colours.index_select(1, ofPixels).view_as(image).repeat_interleave(scale, 1).repeat_interleave(scale, 2);
        var places = ofPixels.view(image.shape[1], image.shape[2]).repeat_interleave(scale, 0).repeat_interleave(scale, 1);
        var border = zeros_like(places).to(ScalarType.Bool);
        border[1.., ..] = places[1.., ..] != places[..^1, ..];
        border[.., 1..] = border[.., 1..].logical_or(places[.., 1..] != places[.., ..^1]);
        return where(border.unsqueeze(0), ones_like(painted), painted);
    }

    private static Tensor Marked(Tensor pixels, int token, int height, int width)
    {
        var marked = (pixels.to(ScalarType.Float32) / 255).clone();
        var (patchHeight, patchWidth) = (marked.shape[1] / height, marked.shape[2] / width);
        var (row, column) = Math.DivRem(token, width);
        using var patch = marked.narrow(1, row * patchHeight, patchHeight).narrow(2, column * patchWidth, patchWidth);
        patch.fill_(1);
        return marked;
    }

    private static Tensor Coloured(Tensor classes) => tensor(palette).index_select(0, classes.view(-1)).t().reshape(3, classes.shape[0], classes.shape[1]);
}
