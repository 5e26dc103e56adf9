using Lab.Cli;

namespace Notebooks.Tests;

/// <summary>The command <c>lab convert</c>.</summary>
public sealed class LabConvertTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_dib_file_becomes_a_notebook_that_runs_and_a_dib_file_again()
    {
        File.WriteAllText(At("old.dib"), "#!markdown\n\n# Title\n\n#!csharp\n\n1 + 1\n\n");
        Assert.Equal(0, await LabAsync("convert", At("old.dib"), At("new.ipynb")));
        Assert.Equal(0, await LabAsync("run", At("new.ipynb"), "--out", At("out"), "--no-html"));
        Assert.Equal(0, await LabAsync("convert", At("out/new.ipynb"), At("again.dib")));
        Assert.Contains("those of 1 cells are not in it", output.ToString());
        Assert.Equal(File.ReadAllText(At("old.dib")), File.ReadAllText(At("again.dib")));
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_other_kinds_of_files_are_refused()
    {
        File.WriteAllText(At("old.dib"), "1");
        File.WriteAllText(At("new.ipynb"), "keep");
        Assert.Equal(64, await LabAsync("convert", At("old.dib"), At("new.ipynb")));
        Assert.Equal("keep", File.ReadAllText(At("new.ipynb")));
        Assert.Equal(64, await LabAsync("convert", At("old.dib"), At("new.txt")));
        Assert.Equal(64, await LabAsync("convert", At("none.dib"), At("other.ipynb")));
        Assert.Equal(4, await LabAsync("convert", At("new.ipynb"), At("new.dib")));
        Assert.Contains("new is not a notebook", error.ToString());
    }

    private Task<int> LabAsync(params string[] args) => LabCommand.RunAsync(args, output, error);

    private string At(string path) => Path.Combine(folder, path);
}
