using static TorchSharp.torch;

namespace Lab.VisionLanguage.Models;

/// <summary>How visual tokens are removed.</summary>
public enum Execution
{
    /// <summary>Their keys are hidden from all others; nothing is saved.</summary>
    Mask,

    /// <summary>They are taken out of the sequence, which gets shorter. Only this says something about time.</summary>
    Gather,
}

/// <summary>What becomes of positions when tokens are removed.</summary>
public enum Positions
{
    /// <summary>Every token keeps its own.</summary>
    Keep,

    /// <summary>Those that are left are numbered anew without gaps.</summary>
    Renumber,
}

/// <summary>
/// A sequence on its way through the decoder: <c>&lt;bos&gt;</c>, n visual tokens in raster order, text. Immutable; what a
/// step makes new belongs to the caller's dispose scope.
/// </summary>
public sealed class TokenSequence
{
    /// <summary>Index of the first visual token.</summary>
    public const int FirstVisual = 1;

    private readonly Tensor pattern; // [N, N] bool: who may look (row) at whom (column), if that is there
    private readonly Tensor table; // [P, d / 2, 2]: turns by place

    private TokenSequence(Tensor tokens, Tensor places, Tensor patches, Tensor? alive, Tensor pattern, Tensor table, Tensor turns, Tensor bias)
    {
        (Tokens, Places, Patches, Alive) = (tokens, places, patches, alive);
        (this.pattern, this.table, Turns, Bias) = (pattern, table, turns, bias);
    }

    /// <summary>[B, N, d].</summary>
    public Tensor Tokens { get; }

    /// <summary>[B, N] int64, rotary positions.</summary>
    public Tensor Places { get; }

    /// <summary>[B, n] int64: the patch that each visual token came from.</summary>
    public Tensor Patches { get; }

    /// <summary>[B, n] bool: visual tokens that others may look at; null: all.</summary>
    public Tensor? Alive { get; }

    /// <summary>Visual tokens, masked ones counted.</summary>
    public int VisualCount => (int)Patches.shape[1];

    /// <summary>Index of the first text token.</summary>
    public int FirstText => FirstVisual + VisualCount;

    /// <summary>All tokens.</summary>
    public int Length => (int)Tokens.shape[1];

    internal Tensor Turns { get; } // [B or 1, N, d / 2, 2]

    internal Tensor Bias { get; } // [B or 1, 1, N, N]: 0, or minus infinity

    /// <param name="tokens">[B, N, d].</param>
    /// <param name="places">[1, N] int64.</param>
    /// <param name="visual">n.</param>
    /// <param name="pattern">[N, N] bool.</param>
    /// <param name="table">[P, d / 2, 2].</param>
    internal static TokenSequence Of(Tensor tokens, Tensor places, int visual, Tensor pattern, Tensor table) => Make(
        tokens, places, arange(visual, device: tokens.device).unsqueeze(0).expand(tokens.shape[0], -1), null, pattern, table);

    internal TokenSequence With(Tensor tokens) => new(tokens, Places, Patches, Alive, pattern, table, Turns, Bias);

    /// <summary>Goes on with some of the visual tokens.</summary>
    /// <param name="keep">[B, n] bool. Tokens that were removed before stay so.</param>
    /// <param name="execution">Whether tokens are hidden or taken out.</param>
    /// <param name="positions">What becomes of positions.</param>
    /// <exception cref="ArgumentException">Another shape, or numbers that differ between the sequences when tokens are taken out.</exception>
    public TokenSequence Keep(Tensor keep, Execution execution, Positions positions)
    {
        if (keep.dtype != ScalarType.Bool || !keep.shape.SequenceEqual(Patches.shape))
            throw new ArgumentException($"What to keep is told as bool [{string.Join(", ", Patches.shape)}], got {keep.dtype} [{string.Join(", ", keep.shape)}].", nameof(keep));
        var alive = Alive is null ? keep : keep.logical_and(Alive);
        return execution == Execution.Mask ? Hide(alive, positions) : TakeOut(alive, positions);
    }

    private TokenSequence Hide(Tensor alive, Positions positions) => Make(Tokens, Renumbered(positions, Places, alive), Patches, alive, pattern, table);

    private TokenSequence TakeOut(Tensor alive, Positions positions)
    {
        var counts = alive.sum([1L], type: ScalarType.Int64);
        var kept = counts.max().item<long>();
        if (counts.min().item<long>() != kept)
            throw new ArgumentException($"Between {counts.min().item<long>()} and {kept} tokens of a sequence are to be kept: take out as many of each, ask one by one, or use {nameof(Execution)}.{nameof(Execution.Mask)}.");

        var batch = Tokens.shape[0];
        var chosen = alive.nonzero().select(1, 1).view(batch, kept); // [B, k], ascending
        var text = arange(FirstText, Length, device: Tokens.device).unsqueeze(0).expand(batch, -1);
        var index = cat([zeros(batch, FirstVisual, ScalarType.Int64, Tokens.device), chosen + FirstVisual, text], 1); // [B, N']
        var tokens = Tokens.gather(1, index.unsqueeze(-1).expand(-1, -1, Tokens.shape[2]));
        var places = Places.expand(batch, -1).gather(1, index);
        // Visual tokens differ in nothing but their order: any k of them have the pattern of the first k.
        var rows = cat([arange(FirstVisual + kept, device: Tokens.device), text[0]]);
        return Make(tokens, Renumbered(positions, places, null), Patches.gather(1, chosen), null, pattern.index_select(0, rows).index_select(1, rows), table);
    }

    // The place of a token is the number of visible visual tokens before it, plus what does not depend on these.
    private Tensor Renumbered(Positions positions, Tensor places, Tensor? alive)
    {
        if (positions == Positions.Keep) return places;
        var batch = Tokens.shape[0];
        var visual = places.shape[1] - (Length - VisualCount);
        var order = (alive is null ? ones(batch, visual, ScalarType.Int64, places.device) : alive.to(ScalarType.Int64)).cumsum(1); // 1 .. k
        var left = alive is null ? full([batch, 1], visual, ScalarType.Int64, places.device) : alive.sum([1L], keepdim: true, ScalarType.Int64);
        var all = places.expand(batch, -1);
        var text = all.narrow(1, FirstVisual + visual, places.shape[1] - FirstVisual - visual);
        return cat([all.narrow(1, 0, FirstVisual), order, text - (text.narrow(1, 0, 1) - FirstVisual) + left], 1);
    }

    private static TokenSequence Make(Tensor tokens, Tensor places, Tensor patches, Tensor? alive, Tensor pattern, Tensor table)
    {
        var turns = table.index_select(0, places.flatten()).view([.. places.shape, .. table.shape[1..]]);
        return new(tokens, places, patches, alive, pattern, table, turns, BiasOf(pattern, alive, patches));
    }

    private static Tensor BiasOf(Tensor pattern, Tensor? alive, Tensor patches)
    {
        var seen = pattern.unsqueeze(0).unsqueeze(0); // [1, 1, N, N]
        if (alive is not null)
        {
            var (batch, text) = (alive.shape[0], pattern.shape[0] - FirstVisual - patches.shape[1]);
            var columns = cat([ones(batch, FirstVisual, ScalarType.Bool, alive.device), alive, ones(batch, text, ScalarType.Bool, alive.device)], 1);
            seen = seen.logical_and(columns.unsqueeze(1).unsqueeze(1));
        }
        return zeros(seen.shape, ScalarType.Float32, pattern.device).masked_fill_(seen.logical_not(), float.NegativeInfinity);
    }
}
