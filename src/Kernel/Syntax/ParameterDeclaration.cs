namespace Lab.Syntax;

/// <summary>A variable of a parameters cell, with what its comment says about it.</summary>
/// <param name="Name">As declared.</param>
/// <param name="Type">The declared type as text; for <c>var</c> the keyword of the literal's type.</param>
/// <param name="Initializer">The expression behind <c>=</c>, null without one.</param>
/// <param name="Range">From <c>a..b</c> in the comment.</param>
/// <param name="Choices">From <c>x | y | z</c> in the comment; empty without.</param>
/// <param name="Meaning">The rest of the comment; empty without.</param>
internal sealed record ParameterDeclaration(
    string Name, string Type, string? Initializer, ParameterRange? Range, IReadOnlyList<string> Choices, string Meaning)
{
    /// <summary>Whether the value may be null.</summary>
    public bool IsNullable => Type.EndsWith('?');

    /// <summary><see cref="Type"/> without the question mark.</summary>
    public string CoreType => Type.TrimEnd('?');
}

/// <summary>Both ends belong to the range.</summary>
/// <param name="Minimum">As a number.</param>
/// <param name="Maximum">As a number.</param>
/// <param name="Text">As written, e.g. <c>1..50</c>.</param>
internal sealed record ParameterRange(double Minimum, double Maximum, string Text)
{
    public bool Contains(double value) => value >= Minimum && value <= Maximum;
}
