namespace Lab.Tokens;

/// <summary>Where in a block tokens are reduced.</summary>
public enum ReductionPlace
{
    /// <summary>Between attention and MLP.</summary>
    BeforeMlp,

    /// <summary>Behind the whole block, where nothing is known of its attention.</summary>
    AfterBlock,
}

/// <summary>One reduction.</summary>
/// <param name="Block">From 0.</param>
/// <param name="Keep">Tokens that are left, class tokens not counted.</param>
public sealed record ReductionStep(int Block, int Keep);

/// <summary>Which blocks of a model reduce tokens, and to how many.</summary>
/// <param name="Steps">In the order of blocks, with fewer and fewer tokens.</param>
public sealed record ReductionPlan(params IReadOnlyList<ReductionStep> Steps)
{
    /// <summary>Where in a block.</summary>
    public ReductionPlace Place { get; init; } = ReductionPlace.BeforeMlp;

    /// <summary>The logarithm of a token's mass is added to its logits, so that a token that stands for three counts as three.</summary>
    public bool Proportional { get; init; } = true;

    /// <summary>As many tokens as at first are there again in front of the head, so many blocks before it; null: they are never restored.</summary>
    public int? RestoredBlocks { get; init; }

    /// <summary>The same steps in the same places.</summary>
    public bool Equals(ReductionPlan? other) =>
        other is not null && Steps.SequenceEqual(other.Steps) && (Place, Proportional, RestoredBlocks) == (other.Place, other.Proportional, other.RestoredBlocks);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ToString(), Place, Proportional, RestoredBlocks);

    /// <summary>As text, e.g. <c>2: 32, 4: 16</c>.</summary>
    public override string ToString() => string.Join(", ", Steps.Select(step => $"{step.Block}: {step.Keep}"));

    /// <exception cref="ArgumentException">A step outside of the model, out of order or with more tokens than there are.</exception>
    internal void Check(int blocks, int tokens)
    {
        foreach (var step in Steps)
        {
            if (step.Block < 0 || step.Block >= blocks) throw new ArgumentException($"Block {step.Block} is asked to reduce tokens, but the model has blocks 0..{blocks - 1}.");
            if (step.Keep < 1 || step.Keep > tokens) throw new ArgumentException($"Block {step.Block} is asked to keep {step.Keep} tokens, but {tokens} reach it.");
            tokens = step.Keep;
        }
        if (Steps.Zip(Steps.Skip(1)).Any(pair => pair.First.Block >= pair.Second.Block)) throw new ArgumentException($"Reductions must be in the order of blocks, one per block: {this}.");
        if (RestoredBlocks is { } restored && (restored < 0 || Steps.Any(step => step.Block >= blocks - restored)))
            throw new ArgumentException($"Tokens cannot be restored {restored} blocks before the head: {this} reduces them in {blocks} blocks.");
    }
}
