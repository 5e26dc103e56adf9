using System.Diagnostics;

namespace Lab.Kernel.Publishing;

/// <summary>A Chromium, Chrome or Edge of the system, run without a window.</summary>
/// <param name="path">The program.</param>
public sealed class Chromium(string path)
{
    private static readonly TimeSpan limit = TimeSpan.FromMinutes(2);

    private static readonly string[] names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"];

    /// <returns>The first that is on the search path or where its installer puts it; null when there is none.</returns>
    public static Chromium? Find() => Candidates().Where(File.Exists).Select(path => new Chromium(path)).FirstOrDefault();

    /// <summary>Loads a page, lets its scripts run to their end, and gives what has become of it.</summary>
    /// <param name="page">An HTML file.</param>
    /// <param name="cancellation">Ends the browser.</param>
    /// <exception cref="PublicationException">The browser does not start, fails, or takes more than two minutes.</exception>
    internal async Task<string> RenderAsync(string page, CancellationToken cancellation)
    {
        var profile = Directory.CreateTempSubdirectory("lab-chromium-");
        try
        {
            using var process = Start(page, profile.FullName);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            stop.CancelAfter(limit);
            try
            {
                var errors = process.StandardError.ReadToEndAsync(stop.Token);
                var document = await process.StandardOutput.ReadToEndAsync(stop.Token).ConfigureAwait(false);
                await process.WaitForExitAsync(stop.Token).ConfigureAwait(false);
                return process.ExitCode == 0 ? document : throw new PublicationException($"{path} ended with code {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new PublicationException($"{path} did not finish within {limit.TotalMinutes} minutes.");
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    private Process Start(string page, string profile)
    {
        // Time in the page runs as fast as its scripts do, and the document is printed when nothing is left to wait for.
        List<string> arguments =
        [
            "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking",
            $"--user-data-dir={profile}", "--virtual-time-budget=600000", "--dump-dom", new Uri(Path.GetFullPath(page)).AbsoluteUri,
        ];
        if (OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess) arguments.Insert(0, "--no-sandbox"); // Chromium's sandbox refuses root
        try
        {
            return Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new PublicationException($"{path} could not be started: {e.Message}");
        }
    }

    private static IEnumerable<string> Candidates()
    {
        var suffix = OperatingSystem.IsWindows() ? ".exe" : "";
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
            foreach (var name in names) yield return Path.Combine(folder, name + suffix);

        yield return "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
        yield return "/Applications/Chromium.app/Contents/MacOS/Chromium";
        foreach (var root in new[] { Environment.SpecialFolder.ProgramFiles, Environment.SpecialFolder.ProgramFilesX86 }.Select(Environment.GetFolderPath))
        {
            yield return Path.Combine(root, "Google", "Chrome", "Application", "chrome.exe");
            yield return Path.Combine(root, "Microsoft", "Edge", "Application", "msedge.exe");
        }
    }
}
