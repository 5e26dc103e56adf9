using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Abstractions;
using Lab.Kernel.Running;

namespace Lab.Kernel.Jupyter;

/// <summary>The folder by which Jupyter front ends find the kernel: how to start it, its logo, and the scripts that its outputs load.</summary>
public static partial class KernelSpec
{
    /// <summary>The kernel's name in notebooks and on command lines.</summary>
    public const string Name = "lab-csharp";

    /// <summary>The kernel's name in menus.</summary>
    public const string DisplayName = "C# (Lab)";

    // By these names front ends look for them: logos, and what the classic Notebook runs in its page.
    private static readonly string[] resources = ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg", "kernel.js"];

    private static readonly string[] arguments = ["kernel", "start", "{connection_file}"];

    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The user's kernels: below <c>$JUPYTER_DATA_DIR</c> or the platform's data folder of Jupyter.</summary>
    public static string UserDirectory => Path.Combine(DataDirectory(), "kernels");

    /// <summary>The kernels of an environment, e.g. of a Python virtual environment.</summary>
    public static string PrefixDirectory(string prefix) => Path.Combine(Path.GetFullPath(prefix), "share", "jupyter", "kernels");

    /// <summary>Writes the kernel's folder, in place of an older one.</summary>
    /// <param name="kernelsDirectory">E.g. <see cref="UserDirectory"/>.</param>
    /// <param name="command">Program and arguments that stand for <c>lab</c>.</param>
    /// <param name="scripts">JavaScript that outputs load from the folder.</param>
    /// <param name="name">Another name, for notebooks that ask for the kernel under it.</param>
    /// <returns>The folder.</returns>
    /// <exception cref="ArgumentException">No command, a name that Jupyter does not allow, or a script whose name is not a plain file name.</exception>
    /// <exception cref="IOException">The folder cannot be written or holds another kernel; an older one is left as it was.</exception>
    public static string Install(string kernelsDirectory, IReadOnlyList<string> command, IReadOnlyList<ScriptResource> scripts, string name = Name)
    {
        if (!AllowedName().IsMatch(name)) throw new ArgumentException($"'{name}' cannot be a kernel's name; Jupyter allows letters, digits, '.', '-' and '_'.", nameof(name));
        if (command.Count == 0) throw new ArgumentException("The kernel needs a command that starts it.", nameof(command));
        if (scripts.FirstOrDefault(s => s.FileName is "" or "kernel.json" || resources.Contains(s.FileName) || Path.GetFileName(s.FileName) != s.FileName) is { } wrong)
            throw new ArgumentException($"\"{wrong.FileName}\" cannot be the name of a script in the kernel's folder.", nameof(scripts));

        var folder = Path.Combine(Path.GetFullPath(kernelsDirectory), name);
        if (HoldsAnotherKernel(folder))
            throw new IOException($"{folder} holds another kernel. Remove it first, with: jupyter kernelspec remove {name}");
        Directory.CreateDirectory(kernelsDirectory);
        var fresh = $"{folder}.{Guid.NewGuid():N}";
        try
        {
            Write(fresh, command, scripts);
            Replace(folder, fresh);
        }
        finally
        {
            if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        }

        return folder;
    }

    // Ours is known by its arguments, wherever the program lies; a folder without a readable specification is nobody's.
    private static bool HoldsAnotherKernel(string folder)
    {
        var specification = Path.Combine(folder, "kernel.json");
        if (!File.Exists(specification)) return false;
        try
        {
            var words = JsonNode.Parse(File.ReadAllText(specification))?["argv"]?.AsArray().Select(word => word?.ToString()).TakeLast(arguments.Length) ?? [];
            return !words.SequenceEqual(arguments);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Write(string folder, IReadOnlyList<string> command, IReadOnlyList<ScriptResource> scripts)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "kernel.json"), Specification(command).ToJsonString(indented) + "\n");
        foreach (var resource in resources) Copy(() => typeof(KernelSpec).Assembly.GetManifestResourceStream(resource)!, Path.Combine(folder, resource));
        foreach (var script in scripts) Copy(script.Open, Path.Combine(folder, script.FileName));
    }

    private static void Copy(Func<Stream> open, string path)
    {
        using var from = open();
        using var to = File.Create(path);
        from.CopyTo(to);
    }

    // A front end that looks meanwhile finds the old folder, the new one or, for an instant, none; never half of one.
    private static void Replace(string folder, string fresh)
    {
        var old = $"{fresh}.old";
        if (Directory.Exists(folder)) Directory.Move(folder, old);
        try
        {
            Directory.Move(fresh, folder);
        }
        catch (IOException) when (Directory.Exists(old))
        {
            Directory.Move(old, folder);
            throw;
        }

        if (Directory.Exists(old)) Directory.Delete(old, recursive: true);
    }

    private static JsonObject Specification(IReadOnlyList<string> command) => new()
    {
        ["argv"] = new JsonArray([.. command.Concat(arguments).Select(word => JsonValue.Create(word))]),
        ["env"] = ProcessVariables(),
        ["display_name"] = DisplayName,
        ["language"] = "csharp",
        ["interrupt_mode"] = "message",
        ["kernel_protocol_version"] = WireFormat.ProtocolVersion,
        ["metadata"] = new JsonObject { ["debugger"] = false },
    };

    // A cell's code is new each time, so what counts is how soon compiled code runs, not how fast it is in the end: no
    // instrumented step before the optimized one, and no second mapping of every compiled method. Together that makes the
    // first result come in 2/3 of the time and a small cell in 1/2 (benchmarks/kernel-startup.sh).
    private static JsonObject ProcessVariables() => new()
    {
        ["DOTNET_ROOT"] = RuntimeRoot,
        ["DOTNET_TieredPGO"] = "0",
        ["DOTNET_EnableWriteXorExecute"] = "0",
        [SharedHeap.Variable] = SharedHeap.Value,
    };

    // Front ends started from a desktop often lack the variables of the shell in which .NET was set up.
    private static string RuntimeRoot => Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    private static string DataDirectory()
    {
        if (Environment.GetEnvironmentVariable("JUPYTER_DATA_DIR") is { Length: > 0 } directory) return directory;
        if (OperatingSystem.IsWindows()) return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData), "jupyter");
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        if (OperatingSystem.IsMacOS()) return Path.Combine(home, "Library", "Jupyter");
        return Path.Combine(Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } data ? data : Path.Combine(home, ".local", "share"), "jupyter");
    }

    [GeneratedRegex("^[A-Za-z0-9._-]+$")]
    private static partial Regex AllowedName();
}
