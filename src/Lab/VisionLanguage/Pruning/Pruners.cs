using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Pruning;

/// <summary>Prunes once, before the decoder.</summary>
/// <param name="name">In tables.</param>
/// <param name="keep">From pictures and questions to [B, n] bool.</param>
public sealed class InputPruner(string name, Func<PruneInput, Tensor> keep) : IPruner
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public Tensor? AtInput(PruneInput input) => keep(input);
}

/// <summary>How many visual tokens go on behind a layer.</summary>
/// <param name="Layer">1 .. L - 1.</param>
/// <param name="Keep">Tokens.</param>
public sealed record PruneStep(int Layer, int Keep);

/// <summary>Prunes behind some layers to given numbers of tokens by a score.</summary>
public sealed class LayerPruner : IPruner
{
    private readonly IReadOnlyList<PruneStep> schedule;
    private readonly Func<DecoderPass, Tensor> score;

    /// <param name="name">In tables.</param>
    /// <param name="schedule">Layers ascending, numbers not growing.</param>
    /// <param name="score">From where the batch is to scores [B, n] of the present visual tokens; the highest stay.</param>
    /// <exception cref="ArgumentException">A schedule out of order.</exception>
    public LayerPruner(string name, IReadOnlyList<PruneStep> schedule, Func<DecoderPass, Tensor> score)
    {
        if (schedule.Count == 0 || schedule[0].Layer < 1 || schedule[^1].Keep < 0 || schedule.Zip(schedule.Skip(1)).Any(pair => pair.First.Layer >= pair.Second.Layer || pair.First.Keep < pair.Second.Keep))
            throw new ArgumentException($"A schedule has ascending layers from 1 on and numbers of tokens that do not grow, got {string.Join(", ", schedule)}.", nameof(schedule));
        (Name, this.schedule, this.score) = (name, schedule, score);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Tensor? AfterLayer(DecoderPass pass)
    {
        if (schedule[^1].Layer >= pass.Input.Model.Decoder.Depth)
            throw new ArgumentException($"Tokens are removed behind layers 1 .. {pass.Input.Model.Decoder.Depth - 1} of this decoder, not behind layer {schedule[^1].Layer}.");
        return schedule.FirstOrDefault(step => step.Layer == pass.Layer) is { } due ? KeepSets.Top(score(pass), due.Keep, pass.Sequence.Alive) : null;
    }
}

/// <summary>Baselines.</summary>
public static class Pruners
{
    /// <summary>All tokens stay.</summary>
    public static IPruner None { get; } = new InputPruner("all tokens", input => ones(input.Visual.shape[0], input.Visual.shape[1], ScalarType.Bool, input.Visual.device));

    /// <summary>No visual token enters: what the words of a question alone tell.</summary>
    public static IPruner Blind { get; } = new InputPruner("blind", input => zeros(input.Visual.shape[0], input.Visual.shape[1], ScalarType.Bool, input.Visual.device));

    /// <summary>Patches of objects alone; as many as there are.</summary>
    public static IPruner ObjectsOnly { get; } = new InputPruner("objects only", input => input.Batch.PatchObjects.gt(0));

    /// <summary>Tokens at random.</summary>
    /// <param name="keep">Tokens.</param>
    /// <param name="seed">Of the choice; each sample has its own.</param>
    public static IPruner Random(int keep, long seed) =>
        new InputPruner("random", input => KeepSets.Top(KeepSets.RandomScores(input.Batch, (int)input.Visual.shape[1], seed), keep));

    /// <summary>Tokens at random behind layers.</summary>
    /// <param name="schedule">How many behind which.</param>
    /// <param name="seed">Of the choice; each sample has its own.</param>
    public static IPruner Random(IReadOnlyList<PruneStep> schedule, long seed) => new LayerPruner("random", schedule, pass =>
    {
        var ranks = KeepSets.RandomScores(pass.Input.Batch, pass.Input.Model.Options.Patches, seed);
        return ranks.gather(1, pass.Sequence.Patches);
    });

    /// <summary>The patches that the class token looks at.</summary>
    /// <param name="keep">Tokens.</param>
    /// <remarks>Source: Zhang et al. 2024, "FasterVLM" (arXiv 2412.01818).</remarks>
    public static IPruner ClassAttention(int keep) => new InputPruner("class attention", input => KeepSets.Top(input.ClassAttention, keep));

    /// <summary>Patches at equal distances.</summary>
    /// <param name="keep">Tokens.</param>
    public static IPruner Grid(int keep) => new InputPruner("uniform grid", input => KeepSets.Grid(input.Batch, input.Model.Options.Grid, keep));

    /// <summary>A diverse set of projected tokens.</summary>
    /// <param name="keep">Tokens.</param>
    /// <remarks>Source: Alvar et al. 2025, "DivPrune" (arXiv 2503.02175).</remarks>
    public static IPruner DivPrune(int keep) => new InputPruner("DivPrune", input => KeepSets.MaxMin(input.Visual, keep));

    /// <summary>The tokens that the last word of the prompt looks at in the layer that has just run.</summary>
    /// <param name="schedule">How many behind which layers; the paper prunes once.</param>
    /// <remarks>Source: Chen et al. 2024, "FastV", section 4 (arXiv 2403.06764).</remarks>
    public static IPruner FastV(params IReadOnlyList<PruneStep> schedule) => new LayerPruner("FastV", schedule, pass => LastTokenAttention(pass.Layers[^1]));

    /// <summary>An oracle: the patches of the objects that the question names, and a few of the background. Samples differ in the number of tokens.</summary>
    /// <param name="background">Patches of the background.</param>
    /// <param name="seed">Of their choice.</param>
    public static IPruner Evidence(int background, long seed) => new InputPruner($"evidence + {background}", input =>
    {
        var scores = KeepSets.RandomScores(input.Batch, (int)input.Visual.shape[1], seed);
        using var empty = input.Batch.PatchObjects.eq(0);
        using var chosen = KeepSets.Top(scores, background, empty);
        return chosen.logical_or(input.Evidence);
    });

    /// <summary>How much the last token of the sequence looks at each visual token, mean over heads.</summary>
    /// <param name="layer">That has run.</param>
    /// <returns>[B, n]; belongs to the caller's dispose scope.</returns>
    public static Tensor LastTokenAttention(LayerPass layer) =>
        layer.Taps.Attention.select(2, -1).narrow(-1, TokenSequence.FirstVisual, layer.Entered.VisualCount).mean([1L]);
}
