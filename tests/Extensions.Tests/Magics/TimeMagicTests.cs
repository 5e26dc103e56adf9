using Lab.Abstractions;
using Lab.Extensions.Magics;

namespace Lab.Extensions.Tests.Magics;

public sealed class TimeMagicTests
{
    private readonly FakeNotebook notebook = new();
    private readonly LabExtension extension = new();

    [Fact]
    public async Task It_runs_the_rest_of_the_cell_once_and_then_shows_the_wall_time()
    {
        var runs = 0;
        await notebook.RunAsync(extension, "#!time\nwork();", () => { runs++; Assert.Empty(notebook.Displays); });
        Assert.Equal(1, runs);
        Assert.StartsWith("Wall time: ", Shown.Text(Assert.Single(notebook.Displays)));
    }

    [Fact]
    public async Task A_failing_cell_fails_as_it_would_without_it() =>
        await Assert.ThrowsAsync<InvalidOperationException>(() => notebook.RunAsync(extension, "#!time\nx", () => throw new InvalidOperationException()));

    [Fact]
    public async Task Arguments_are_refused()
    {
        var error = await Assert.ThrowsAsync<MagicException>(() => notebook.RunAsync(extension, "#!time 3"));
        Assert.Contains("Usage: #!time", error.Message);
    }

    [Theory]
    [InlineData(0.0123, "Wall time: 12.3 ms")]
    [InlineData(2.5, "Wall time: 2.50 s")]
    [InlineData(125, "Wall time: 2 min 5 s")]
    public void The_unit_fits_the_time(double seconds, string text) =>
        Assert.Equal(text, Shown.Text(new WallTime(TimeSpan.FromSeconds(seconds))));
}
