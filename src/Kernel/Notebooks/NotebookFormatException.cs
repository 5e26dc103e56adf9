namespace Lab.Kernel.Notebooks;

/// <summary>A file that cannot be run as a C# notebook; the message says what was found, what was expected and what to do.</summary>
public sealed class NotebookFormatException(string message, Exception? inner = null) : Exception(message, inner);
