namespace Lab.Plots;

/// <summary>A line of tokens with a value each.</summary>
/// <param name="Label">Above it.</param>
/// <param name="Tokens">As they are written.</param>
/// <param name="Values">One per token, not negative; a value that is not a number is marked.</param>
/// <exception cref="ArgumentException">No token, or another number of values.</exception>
public sealed record TextStripLine(string Label, IReadOnlyList<string> Tokens, IReadOnlyList<double> Values)
{
    /// <summary>One per token.</summary>
    public IReadOnlyList<double> Values { get; } = Values.Count == Tokens.Count && Tokens.Count > 0
        ? Values
        : throw new ArgumentException($"'{Label}' has {Tokens.Count} tokens and {Values.Count} values.", nameof(Values));
}

/// <summary>Lines of coloured tokens with a common scale, from dark at 0 to bright at the largest value.</summary>
/// <param name="Lines">At least one.</param>
/// <param name="Unit">Of the values, e.g. <c>bits per byte</c>.</param>
/// <exception cref="ArgumentException">No line.</exception>
public sealed record TextStrip(IReadOnlyList<TextStripLine> Lines, string Unit)
{
    /// <summary>At least one.</summary>
    public IReadOnlyList<TextStripLine> Lines { get; } = Lines.Count > 0 ? Lines : throw new ArgumentException("A text strip has at least one line.", nameof(Lines));

    /// <summary>The largest finite value; above 0.</summary>
    public double Largest => Math.Max(1e-9, Lines.SelectMany(line => line.Values).Where(double.IsFinite).DefaultIfEmpty(0).Max());
}
