using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using static TorchSharp.torch;

namespace Lab.Papers.TransPrune;

/// <summary>Keeps the visual tokens whose representations change most, helped by what the instruction looks at.</summary>
/// <remarks>Source: section 3 of arXiv 2507.20630.</remarks>
public sealed class TransPruner : IPruner
{
    private readonly PruneSchedule schedule;

    /// <param name="name">In tables.</param>
    /// <param name="schedule">Where tokens are scored and pruned.</param>
    public TransPruner(string name, PruneSchedule schedule) => (Name, this.schedule) = (name, schedule);

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Weight of the transitions; the rest is that of the instruction's attention.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside [0, 1].</exception>
    public double Alpha
    {
        get;
        init => field = value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Alpha lies in [0, 1].");
    } = 0.5;

    /// <summary>How directions count.</summary>
    public TransitionVariant Variant { get; init; }

    /// <summary>What of a transition counts.</summary>
    public TransitionQuantity Quantity { get; init; }

    /// <summary>Transitions of all accumulated layers so far; otherwise of the pruned layer alone.</summary>
    public bool Accumulates { get; init; } = true;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A schedule that does not suit the decoder.</exception>
    public Tensor? AfterLayer(DecoderPass pass)
    {
        schedule.Check(pass.Input.Model.Decoder.Depth);
        var stage = schedule.Pruned.Index().FirstOrDefault(stage => stage.Item == pass.Layer, (Index: -1, Item: 0)).Index;
        if (stage < 0) return null;
        using var scores = Scores(pass);
        return KeepSets.Top(scores, schedule.Keep(pass.Input.Model.Options.Patches)[stage], pass.Sequence.Alive);
    }

    /// <summary>What the tokens are ranked by.</summary>
    /// <param name="pass">Behind a layer.</param>
    /// <returns>[B, n] of the present visual tokens.</returns>
    public Tensor Scores(DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var transitions = Transitions(pass);
        var attention = InstructionAttention(pass);
        return (Alpha * Shares(transitions) + (1 - Alpha) * Shares(attention)).MoveToOuterDisposeScope();

        // Without this the sum would depend on the scale of the transitions.
        Tensor Shares(Tensor values)
        {
            if (pass.Sequence.Alive is { } alive) values = values.masked_fill(alive.logical_not(), 0);
            return values / (values.sum([1L], keepdim: true) + 1e-8);
        }
    }

    /// <summary>Transitions of the tokens that are still there, over the accumulated layers that have run: equation 4.</summary>
    /// <param name="pass">Behind a layer.</param>
    /// <returns>[B, n].</returns>
    public Tensor Transitions(DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        int[] layers = Accumulates ? [.. schedule.Accumulated.Where(layer => layer <= pass.Layer)] : [pass.Layer];
        var sum = zeros(pass.Sequence.Patches.shape, device: pass.Sequence.Tokens.device);
        foreach (var layer in layers.Select(number => pass.Layers[number - 1])) sum += Survivors(TokenTransition.OfLayer(layer, Variant, Quantity), layer.Entered.Patches);
        return sum.MoveToOuterDisposeScope();

        // [B, n of that layer] -> [B, n of now]
        Tensor Survivors(Tensor values, Tensor patches)
        {
            var byPatch = zeros(values.shape[0], pass.Input.Model.Options.Patches, device: values.device).scatter(1, patches, values);
            return byPatch.gather(1, pass.Sequence.Patches);
        }
    }

    /// <summary>How much the instruction would look at every visual token in the next layer, mean over heads and words: equation 5.</summary>
    /// <param name="pass">Behind a layer.</param>
    /// <returns>[B, n].</returns>
    public static Tensor InstructionAttention(DecoderPass pass)
    {
        using var scope = NewDisposeScope();
        var sequence = pass.Sequence;
        var words = sequence.Length - sequence.FirstText - 1; // the last token is the one that will answer
        return pass.NextAttention().narrow(2, sequence.FirstText, words).narrow(3, TokenSequence.FirstVisual, sequence.VisualCount).mean([1L, 2L]).MoveToOuterDisposeScope();
    }
}
