using System.Text.Json.Nodes;
using Lab.Cli;

namespace Notebooks.Tests;

/// <summary>The command <c>lab kernel</c>.</summary>
public sealed class LabKernelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Install_writes_a_kernelspec_that_starts_this_program_and_holds_the_charts_script()
    {
        Assert.Equal(0, await LabAsync("kernel", "install", "--prefix", folder));
        var kernel = Path.Combine(folder, "share", "jupyter", "kernels", "lab-csharp");
        var arguments = JsonNode.Parse(File.ReadAllText(Path.Combine(kernel, "kernel.json")))!["argv"]!.AsArray().Select(a => a!.GetValue<string>()).ToList();
        Assert.Equal(["kernel", "start", "{connection_file}"], arguments[^3..]);
        Assert.True(File.Exists(arguments[0]));
        Assert.Equal(["kernel.js", "kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg", "plotly.min.js"], Directory.GetFiles(kernel).Select(Path.GetFileName).Order());
        Assert.True(new FileInfo(Path.Combine(kernel, "plotly.min.js")).Length > 1_000_000);
        Assert.Contains(kernel, output.ToString());
    }

    [Fact]
    public async Task Install_tells_when_it_cannot_write()
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal(6, await LabAsync("kernel", "install", "--prefix", file));
        Assert.Contains("could not be installed", error.ToString());
        Assert.Contains(file, error.ToString());
    }

    [Fact]
    public async Task Install_makes_the_kernel_known_under_an_alias_too()
    {
        Assert.Equal(0, await LabAsync("kernel", "install", "--prefix", folder, "--alias", ".net-csharp"));
        Assert.Equal([".net-csharp", "lab-csharp"], Directory.GetDirectories(Path.Combine(folder, "share", "jupyter", "kernels")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(64, await LabAsync("kernel", "install", "--prefix", folder, "--alias", "a/b"));
    }

    [Fact]
    public async Task Install_goes_to_the_user_or_to_a_prefix_but_not_to_both()
    {
        Assert.Equal(64, await LabAsync("kernel", "install", "--user", "--prefix", folder));
        Assert.Equal(64, await LabAsync("kernel", "install", "--sys-prefix", "--prefix", folder));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task Install_finds_the_active_Python_environment()
    {
        string[] names = ["VIRTUAL_ENV", "CONDA_PREFIX"];
        var before = names.Select(Environment.GetEnvironmentVariable).ToList();
        try
        {
            foreach (var name in names) Environment.SetEnvironmentVariable(name, null);
            Assert.Equal(64, await LabAsync("kernel", "install", "--sys-prefix"));
            Assert.Contains("no Python environment is active", error.ToString());
            Environment.SetEnvironmentVariable("CONDA_PREFIX", folder);
            Assert.Equal(0, await LabAsync("kernel", "install", "--sys-prefix"));
            Assert.True(File.Exists(Path.Combine(folder, "share", "jupyter", "kernels", "lab-csharp", "kernel.json")));
        }
        finally
        {
            foreach (var (name, value) in names.Zip(before)) Environment.SetEnvironmentVariable(name, value);
        }
    }

    [Fact]
    public async Task Start_refuses_a_connection_file_that_is_none()
    {
        var file = Path.Combine(folder, "connection.json");
        File.WriteAllText(file, "{}");
        Assert.Equal(64, await LabAsync("kernel", "start", file));
        Assert.Contains("\"ip\" must be a string", error.ToString());
    }

    private Task<int> LabAsync(params string[] args) => LabCommand.RunAsync(args, output, error);
}
