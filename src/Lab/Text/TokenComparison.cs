namespace Lab.Text;

/// <summary>One text as several tokenizers cut it.</summary>
/// <param name="Texts">At least one, all of the same text.</param>
/// <exception cref="ArgumentException">None, or different texts.</exception>
public sealed record TokenComparison(IReadOnlyList<TokenizedText> Texts)
{
    /// <summary>At least one, all of the same text.</summary>
    public IReadOnlyList<TokenizedText> Texts { get; } = Texts.Select(text => text.Text).Distinct().Count() == 1
        ? Texts
        : throw new ArgumentException("A comparison shows one text as at least one tokenizer cuts it.", nameof(Texts));
}
