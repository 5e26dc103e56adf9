namespace Lab.Data;

/// <summary>A data file is not what its format says: cut short, too long, or with values out of range.</summary>
/// <param name="path">The file, or the entry of an archive.</param>
/// <param name="problem">What was found and what was expected.</param>
/// <param name="inner">Why reading failed, if something threw.</param>
public sealed class DataFormatException(string path, string problem, Exception? inner = null)
    : Exception($"{path}: {problem}", inner)
{
    /// <summary>The file, or the entry of an archive.</summary>
    public string Path { get; } = path;
}

/// <summary>A data set is neither at hand nor downloadable; the message says what was tried and what to do.</summary>
/// <param name="message">What was tried and what to do.</param>
/// <param name="inner">Why the last attempt failed.</param>
public sealed class DatasetUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A file's SHA-256 is not the catalogue's.</summary>
/// <param name="path">The file.</param>
/// <param name="expected">Hexadecimal digits of the catalogue.</param>
/// <param name="actual">Hexadecimal digits of the file.</param>
/// <param name="consequence">What was done with the file and what to do now.</param>
public sealed class ChecksumException(string path, string expected, string actual, string consequence)
    : Exception($"{path} has SHA-256 {actual}, expected {expected}. {consequence}");
