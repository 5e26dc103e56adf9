namespace Lab.Runtime;

/// <summary>The user's folder for what can be made or downloaded again: data sets, trained helpers, adapted libraries.</summary>
public static class LabCache
{
    /// <summary><c>LAB_CACHE</c>, or <c>lab</c> in the platform's cache folder (<c>~/.cache/lab</c> on Linux).</summary>
    public static string Folder
    {
        get
        {
            var custom = Environment.GetEnvironmentVariable("LAB_CACHE");
            if (!string.IsNullOrEmpty(custom)) return Path.GetFullPath(custom);
            if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "lab", "cache");

            var home = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            if (string.IsNullOrEmpty(home)) home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(home, "lab");
        }
    }
}
