using System.ComponentModel;
using System.Diagnostics;

namespace Lab.Kernel.Running;

/// <summary>The commit that a notebook was run from.</summary>
internal static class SourceCommit
{
    private const int HashLength = 12;

    /// <param name="folder">The notebook's.</param>
    /// <returns>The first digits of the hash, with <c>+</c> where tracked files were changed since; null outside a Git repository or without Git.</returns>
    public static string? Of(string folder)
    {
        if (Git(folder, "rev-parse", $"--short={HashLength}", "HEAD") is not { } hash) return null;
        return Git(folder, "status", "--porcelain", "--untracked-files=no") is "" ? hash : $"{hash}+";
    }

    private static string? Git(string folder, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo("git", ["-C", folder, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += (_, _) => { };
            git.BeginErrorReadLine();
            var answer = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? answer : null;
        }
        catch (Win32Exception)
        {
            return null; // there is no Git on this machine
        }
    }
}
