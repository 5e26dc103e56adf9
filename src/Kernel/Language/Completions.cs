namespace Lab.Kernel.Language;

/// <summary>What can stand at a place in a cell.</summary>
/// <param name="Start">Of the text that an item replaces, in UTF-16 units.</param>
/// <param name="End">Of this text.</param>
/// <param name="Items">The likeliest first.</param>
public sealed record Completions(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>One way to go on.</summary>
/// <param name="Text">Takes the place of what was typed.</param>
/// <param name="Kind">E.g. <c>class</c>, <c>function</c>, <c>keyword</c>.</param>
/// <param name="Signature">One line about it; null where it was not looked up.</param>
public sealed record CompletionItem(string Text, string Kind, string? Signature);

/// <summary>What is known about a name.</summary>
/// <param name="Plain">As text.</param>
/// <param name="Markdown">The same with C# in code blocks.</param>
public sealed record Inspection(string Plain, string Markdown);
