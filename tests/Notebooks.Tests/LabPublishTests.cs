using Lab.Cli;
using Lab.Kernel.Notebooks;
using SkiaSharp;

namespace Notebooks.Tests;

/// <summary>The command <c>lab publish</c>, on a notebook that <c>lab run</c> has executed.</summary>
public sealed class LabPublishTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-test-").FullName;
    private readonly StringWriter output = new();
    private readonly StringWriter error = new();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Charts_become_pictures_with_dark_letters_on_white()
    {
        await RunAsync("""Charts.Lines([new Series("a", [1, 2], [3, 4])], "step", "loss", "Title")""");
        Assert.Equal(0, await LabCommand.RunAsync(["publish", At("out/a.ipynb"), "--out", At("published.ipynb")], output, error));

        Assert.Equal("", error.ToString());
        var data = NotebookDocument.Load(At("published.ipynb")).Cells[0].Outputs[0]!["data"]!.AsObject();
        Assert.Equal(["application/vnd.plotly.v1+json", "image/png", "text/html", "text/plain"], data.Select(d => d.Key).Order());
        using var picture = SKBitmap.Decode(Convert.FromBase64String((string)data["image/png"]!));
        Assert.Equal((1200, 570), (picture.Width, picture.Height));
        Assert.Equal(SKColors.White, picture.GetPixel(0, 0));
        Assert.Contains(picture.Pixels, p => p is { Red: < 80, Green: < 80, Blue: < 80 }); // the letters
        Assert.Contains(picture.Pixels, p => p == new SKColor(0x00, 0x72, 0xB2)); // the line
    }

    [Fact]
    public async Task Without_a_browser_the_notebook_is_published_and_the_missing_pictures_are_told()
    {
        await RunAsync("""Charts.Lines([new Series("a", [1, 2], [3, 4])], "step", "loss")""");
        Assert.Equal(0, await PublishCommand.PublishAsync(At("out/a.ipynb"), At("published.ipynb"), browser: null, output, error, default));
        Assert.True(File.Exists(At("published.ipynb")));
        Assert.Contains("1 charts have no picture", error.ToString());
        Assert.Contains("no Chromium", error.ToString());
    }

    [Fact]
    public async Task A_notebook_that_was_not_run_is_left_as_it_is()
    {
        await RunAsync("1");
        var before = File.ReadAllBytes(At("a.ipynb"));
        Assert.Equal(4, await LabCommand.RunAsync(["publish", At("a.ipynb")], output, error));
        Assert.Contains("was not run to its end", error.ToString());
        Assert.Equal(before, File.ReadAllBytes(At("a.ipynb")));
    }

    [Fact]
    public async Task A_missing_notebook_and_a_place_that_cannot_be_written_have_codes_of_their_own()
    {
        await RunAsync("1");
        Assert.Equal(64, await LabCommand.RunAsync(["publish", At("none.ipynb")], output, error));
        Assert.Equal(6, await LabCommand.RunAsync(["publish", At("out/a.ipynb"), "--out", At("no/such/folder.ipynb")], output, error));
        Assert.Contains("Nothing was published", error.ToString());
    }

    private async Task RunAsync(string code)
    {
        File.WriteAllText(At("a.ipynb"), $$"""
            { "nbformat": 4, "nbformat_minor": 5, "metadata": { "kernelspec": { "name": "lab-csharp", "display_name": "C# (Lab)" } }, "cells": [
              { "cell_type": "code", "id": "c1", "execution_count": null, "metadata": {}, "outputs": [], "source": {{System.Text.Json.JsonSerializer.Serialize(code)}} } ] }
            """);
        Assert.Equal(0, await LabCommand.RunAsync(["run", At("a.ipynb"), "--out", At("out"), "--no-html"], TextWriter.Null, error));
    }

    private string At(string path) => Path.Combine(folder, path);
}
