namespace Lab.Kernel.Notebooks;

/// <summary>Replaces a file whole or not at all, whatever happens in between.</summary>
public static class AtomicFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">Its folder exists.</param>
    /// <param name="bytes">All of it.</param>
    /// <exception cref="IOException">The folder is missing or the disk is full; an old file is untouched.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder is read-only.</exception>
    /// <remarks>The bytes reach the disk before the name points at them, so a power cut leaves the old file or the new one.</remarks>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(bytes);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
