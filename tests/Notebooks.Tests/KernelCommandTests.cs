using System.Text.Json.Nodes;
using Lab.Cli;

namespace Notebooks.Tests;

/// <summary>The command <c>lab kernel</c>.</summary>
public sealed class KernelCommandTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-kernel-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    [Fact]
    public async Task Install_into_a_prefix_writes_a_specification_that_starts_this_program_and_the_chart_script()
    {
        Assert.Equal(0, await LabAsync("kernel", "install", "--prefix", folder));

        var kernel = Path.Combine(folder, "share", "jupyter", "kernels", "lab-csharp");
        Assert.Contains(kernel, output.ToString());
        Assert.Equal(["kernel.json", "logo-svg.svg", "plotly.min.js"], Directory.GetFiles(kernel).Select(Path.GetFileName).Order());
        var words = JsonNode.Parse(File.ReadAllText(Path.Combine(kernel, "kernel.json")))!["argv"]!.AsArray().Select(word => (string)word!).ToList();
        Assert.True(File.Exists(words[0]));
        Assert.Equal(["kernel", "start", "{connection_file}"], words[^3..]);
    }

    [Fact]
    public async Task User_and_prefix_exclude_each_other()
    {
        Assert.Equal(64, await LabAsync("kernel", "install", "--user", "--prefix", folder));
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public async Task A_prefix_that_is_a_file_is_reported()
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        Assert.Equal(6, await LabAsync("kernel", "install", "--prefix", file));
        Assert.Contains(file, error.ToString());
    }

    [Fact]
    public async Task Start_refuses_what_is_no_connection_file()
    {
        var file = Path.Combine(folder, "connection.json");
        File.WriteAllText(file, "{}");
        Assert.Equal(64, await LabAsync("kernel", "start", file));
        Assert.Contains("\"ip\" must be a string", error.ToString());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<int> LabAsync(params string[] arguments) => LabCommand.RunAsync(arguments, output, error);
}
