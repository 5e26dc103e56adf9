namespace Lab.Cli;

/// <summary>The command line asks for something that cannot be; nothing was run.</summary>
internal sealed class UsageException(string message) : Exception(message);
