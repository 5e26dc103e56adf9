namespace Lab.Cli.Sweeping;

/// <summary>A file that one process holds; the system lets go of it when the process ends, however it ends.</summary>
internal static class FileLock
{
    /// <returns>The file, free again when disposed; null when another process holds it.</returns>
    /// <exception cref="UnauthorizedAccessException">The file cannot be made here.</exception>
    /// <exception cref="IOException">The file cannot be made here.</exception>
    public static FileStream? Try(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(path))
        {
            return null;
        }
    }
}
