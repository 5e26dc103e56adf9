using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Lab.Abstractions;
using Lab.Kernel.Jupyter;

namespace Kernel.Tests.Jupyter;

public sealed class KernelSpecTests : IDisposable
{
    private readonly string kernels = Directory.CreateTempSubdirectory("kernels").FullName;

    [Fact]
    public void An_installed_kernel_says_how_to_start_it_and_brings_its_logo_and_scripts()
    {
        var folder = KernelSpec.Install(kernels, ["dotnet", "/opt/my lab/lab.dll"], [Script("plotly.min.js", "draw();")]);

        Assert.Equal(Path.Combine(kernels, "lab-csharp"), folder);
        var spec = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "kernel.json")))!.AsObject();
        Assert.Equal(["dotnet", "/opt/my lab/lab.dll", "kernel", "start", "{connection_file}"], spec["argv"]!.AsArray().Select(word => (string)word!));
        Assert.Equal("1", spec["env"]!.AsObject().String("MALLOC_ARENA_MAX"));
        Assert.Equal("csharp", spec.String("language"));
        Assert.Equal("message", spec.String("interrupt_mode"));
        Assert.Equal("5.5", spec.String("kernel_protocol_version"));
        Assert.All(["DOTNET_TieredPGO", "DOTNET_EnableWriteXorExecute"], name => Assert.Equal("0", (string)spec["env"]![name]!));
        Assert.Equal("draw();", File.ReadAllText(Path.Combine(folder, "plotly.min.js")));
        Assert.All([32, 64], side => Assert.Equal((side, side), PngSize(File.ReadAllBytes(Path.Combine(folder, $"logo-{side}x{side}.png")))));
        Assert.Equal("svg", XDocument.Load(Path.Combine(folder, "logo-svg.svg")).Root!.Name.LocalName);
    }

    [Fact]
    public void Installing_again_replaces_the_folder_and_leaves_nothing_else()
    {
        KernelSpec.Install(kernels, ["old"], [Script("old.js", "")]);
        var folder = KernelSpec.Install(kernels, ["new"], []);

        Assert.Equal([folder], Directory.GetFileSystemEntries(kernels));
        Assert.Equal(["kernel.js", "kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_script_that_cannot_be_read_leaves_the_old_kernel_in_place()
    {
        var folder = KernelSpec.Install(kernels, ["old"], []);
        Assert.Throws<FileNotFoundException>(() => KernelSpec.Install(kernels, ["new"], [new("a.js", "text/html", () => throw new FileNotFoundException())]));

        Assert.Equal([folder], Directory.GetFileSystemEntries(kernels));
        Assert.Contains("old", File.ReadAllText(Path.Combine(folder, "kernel.json")));
    }

    [Theory]
    [InlineData("../plotly.js")]
    [InlineData("kernel.json")]
    [InlineData("kernel.js")]
    [InlineData("")]
    public void A_script_cannot_leave_the_folder_or_take_the_place_of_the_specification(string name) =>
        Assert.Throws<ArgumentException>(() => KernelSpec.Install(kernels, ["lab"], [Script(name, "")]));

    [Fact]
    public void An_alias_is_the_same_kernel_under_another_name()
    {
        KernelSpec.Install(kernels, ["lab"], []);
        var alias = KernelSpec.Install(kernels, ["lab"], [], ".net-csharp");
        Assert.Equal(Path.Combine(kernels, ".net-csharp"), alias);
        Assert.Equal(File.ReadAllText(Path.Combine(kernels, "lab-csharp", "kernel.json")), File.ReadAllText(Path.Combine(alias, "kernel.json")));
        KernelSpec.Install(kernels, ["newer"], [], ".net-csharp");
        Assert.Contains("newer", File.ReadAllText(Path.Combine(alias, "kernel.json")));
    }

    [Fact]
    public void A_kernel_of_another_program_is_not_replaced()
    {
        var other = Directory.CreateDirectory(Path.Combine(kernels, ".net-csharp")).FullName;
        File.WriteAllText(Path.Combine(other, "kernel.json"), """{"argv": ["dotnet", "interactive", "jupyter", "{connection_file}"]}""");
        Assert.Contains("holds another kernel", Assert.Throws<IOException>(() => KernelSpec.Install(kernels, ["lab"], [], ".net-csharp")).Message);
        Assert.Contains("interactive", File.ReadAllText(Path.Combine(other, "kernel.json")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a b")]
    public void A_name_that_Jupyter_does_not_allow_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => KernelSpec.Install(kernels, ["lab"], [], name));

    public void Dispose() => Directory.Delete(kernels, recursive: true);

    // Behind the signature and the first chunk's head, big-endian.
    private static (int Width, int Height) PngSize(byte[] png) => (BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));

    private static ScriptResource Script(string name, string source) => new(name, "text/html", () => new MemoryStream(Encoding.UTF8.GetBytes(source)));
}
