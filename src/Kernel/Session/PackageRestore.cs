using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Lab.Abstractions;

namespace Lab.Kernel.Session;

/// <summary>The files of a package and of all it depends on.</summary>
/// <param name="Compile">Assemblies to compile against.</param>
/// <param name="Runtime">Assemblies to load.</param>
/// <param name="Native">Native libraries for this platform.</param>
internal sealed record PackageFiles(IReadOnlyList<string> Compile, IReadOnlyList<string> Runtime, IReadOnlyList<string> Native);

/// <summary>
/// Resolves <c>#r "nuget: Id, version"</c> by restoring a small project with the .NET SDK, so that sources, proxies,
/// credentials and the package cache are those of every other .NET build. What was resolved once is found again without
/// the SDK and without a network.
/// </summary>
internal static class PackageRestore
{
    /// <param name="target">What stands in <c>#i "nuget:..."</c>.</param>
    /// <param name="folder">Where relative paths start.</param>
    /// <returns>The address or the full path of a place that holds packages.</returns>
    /// <exception cref="MagicException">Neither an address nor a folder.</exception>
    public static string Source(string target, string folder)
    {
        if (!target.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase))
            throw new MagicException($"#i \"{target}\": expected nuget: and the address or folder of a package source.");
        var place = target["nuget:".Length..].Trim();
        if (Uri.TryCreate(place, UriKind.Absolute, out var address) && address.Scheme is "http" or "https") return place;
        var path = Path.GetFullPath(place, folder);
        return Directory.Exists(path) ? path : throw new MagicException($"#i \"{target}\": there is no folder {path}; an address begins with https://.");
    }

    /// <param name="request">The text behind <c>nuget:</c>: an id, or an id, a comma and a version.</param>
    /// <param name="sources">Searched beside those that NuGet is configured with.</param>
    /// <param name="cancellation">Ends the restore.</param>
    /// <exception cref="MagicException">The request is not readable, or the package cannot be had; the message holds NuGet's own.</exception>
    public static async Task<PackageFiles> ResolveAsync(string request, IReadOnlyList<string> sources, CancellationToken cancellation)
    {
        var parts = request.Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length > 2 || parts.Any(string.IsNullOrEmpty))
            throw new MagicException($"#r \"nuget:{request}\": expected nuget: Id or nuget: Id, version.");

        var project = Project(parts[0], parts.Length == 2 ? parts[1] : "*", sources);
        var folder = Path.Combine(CacheFolder(), Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)))[..16]);
        var assets = Path.Combine(folder, "obj", "project.assets.json");
        if (Read(assets) is { } known && known.Runtime.Concat(known.Native).All(File.Exists)) return known;

        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "packages.csproj"), project, cancellation).ConfigureAwait(false);
        await RestoreAsync(folder, request, cancellation).ConfigureAwait(false);
        return Read(assets) ?? throw new MagicException($"#r \"nuget:{request}\": the restore ended without its list of files, {assets}.");
    }

    private static string Project(string id, string version, IReadOnlyList<string> sources) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>net{Environment.Version.Major}.{Environment.Version.Minor}</TargetFramework>
            <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
            <SelfContained>false</SelfContained>
            <UseAppHost>false</UseAppHost>
            <RestoreAdditionalProjectSources>{SecurityElement.Escape(string.Join(';', sources))}</RestoreAdditionalProjectSources>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="{SecurityElement.Escape(id)}" Version="{SecurityElement.Escape(version)}" />
          </ItemGroup>
        </Project>
        """;

    private static string CacheFolder() =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "lab", "packages");

    private static async Task RestoreAsync(string folder, string request, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(DotNetHost(), ["restore", "packages.csproj", "--nologo", "--verbosity", "quiet"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode == 0) return;
        var lines = ((await output.ConfigureAwait(false)) + await errors.ConfigureAwait(false)).Split('\n')
            .Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(line.IndexOf("error", StringComparison.OrdinalIgnoreCase))..].Split(" [")[0].Trim()).Distinct();
        throw new MagicException($"#r \"nuget:{request}\": the package could not be restored.\n{string.Join('\n', lines)}");
    }

    private static string DotNetHost()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host) return host;
        return Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet";
    }

    // targets: one entry per framework/platform, each a map of package to its files; libraries: where each package lies.
    private static PackageFiles? Read(string assetsPath)
    {
        if (!File.Exists(assetsPath)) return null;
        var assets = JsonNode.Parse(File.ReadAllText(assetsPath))!;
        var target = assets["targets"]!.AsObject().FirstOrDefault(t => t.Key.EndsWith('/' + RuntimeInformation.RuntimeIdentifier)).Value?.AsObject();
        if (target is null) return null;
        var folders = assets["packageFolders"]!.AsObject().Select(f => f.Key).ToList();

        List<string> Files(string kind) =>
        [
            .. from package in target
               let path = assets["libraries"]![package.Key]!["path"]?.GetValue<string>()
               where path is not null
               from file in package.Value![kind]?.AsObject().Select(f => f.Key) ?? []
               where Path.GetFileName(file) != "_._"
               select folders.Select(folder => Path.GetFullPath(Path.Combine(folder, path, file))).FirstOrDefault(File.Exists)
                   ?? Path.GetFullPath(Path.Combine(folders[0], path, file)),
        ];

        return new(Files("compile"), Files("runtime"), Files("native"));
    }
}
