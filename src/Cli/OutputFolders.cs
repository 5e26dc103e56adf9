namespace Lab.Cli;

/// <summary>Folders for results.</summary>
internal static class OutputFolders
{
    /// <summary>Makes the folder and tries whether files can be written there: better before an hour of work than after it.</summary>
    /// <returns>Why not; null when they can.</returns>
    public static string? Problem(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
