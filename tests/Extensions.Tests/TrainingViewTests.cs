using Lab.Abstractions;
using Lab.Extensions.Tests.Magics;
using Lab.Training;

namespace Lab.Extensions.Tests;

public sealed class TrainingViewTests
{
    private readonly ManualClock clock = new();

    [Fact]
    public void It_updates_at_most_four_times_a_second_and_always_at_the_end()
    {
        var notebook = Enter();
        var view = new TrainingView("two epochs", clock);
        Assert.Single(notebook.Displays);

        for (var step = 1; step <= 100; step++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(10));
            view.Report(At(step, 100));
        }

        Assert.Equal(5, notebook.Updates.Count); // at 10, 260, 510, 760 and 1000 ms
        Assert.Contains("done in", Shown.Text(notebook.Updates[^1]));
    }

    [Fact]
    public void It_shows_bar_percent_loss_rate_metrics_and_time_left()
    {
        var notebook = Enter();
        var view = new TrainingView("<quick>", clock);
        view.Report(At(10, 100));
        clock.Advance(TimeSpan.FromSeconds(1));
        view.Report(At(25, 100) with { Metrics = new Dictionary<string, double> { ["top-1 (%)"] = 41.5 } });

        Assert.Equal("<quick>\nCCT-2/3x2 25/100 (25 %), loss 0.75, 320 samples/s, top-1 (%) 41.5, 75 s left".Replace("75 s", "1 min 15 s"), Shown.Text(notebook.Updates[^1]));
        var html = Shown.Html(notebook.Updates[^1]);
        Assert.Contains("width:25%", html);
        Assert.Contains("<polyline points=\"42,2 105,88\"", html);
        Assert.Contains("&lt;quick&gt;", html);
    }

    [Fact]
    public void A_training_of_long_ago_is_shown_as_such_with_its_curve()
    {
        var notebook = Enter();
        var view = new TrainingView("cached", clock);
        foreach (var step in new[] { 50, 100 }) view.Report(At(step, 100) with { IsPast = true });
        Assert.Contains("from the cache, trained in", Shown.Text(notebook.Updates[^1]));
        Assert.DoesNotContain("done in", Shown.Html(notebook.Updates[^1]));
        Assert.Contains("<polyline", Shown.Html(notebook.Updates[^1]));
    }

    [Fact]
    public void Several_runs_share_one_view_with_a_bar_each()
    {
        var notebook = Enter();
        var view = new TrainingView("families", clock);
        view.Report(At(100, 100));
        view.Report(At(100, 100) with { Run = "ViT-Lite" });
        Assert.Single(notebook.Displays);
        Assert.Equal(["families", "CCT-2/3x2", "ViT-Lite"], Shown.Text(notebook.Updates[^1]).Split('\n').Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public void A_run_that_begins_anew_starts_over()
    {
        var notebook = Enter();
        var view = new TrainingView("seeds", clock);
        view.Report(At(100, 100) with { Metrics = new Dictionary<string, double> { ["top-1 (%)"] = 41.5 } });
        clock.Advance(TimeSpan.FromSeconds(1));
        view.Report(At(1, 100));
        Assert.DoesNotContain("41.5", Shown.Text(notebook.Updates[^1]));
    }

    [Fact]
    public void A_loss_that_is_not_a_number_is_marked_and_left_out_of_the_curve()
    {
        var notebook = Enter();
        var view = new TrainingView("diverges", clock);
        view.Report(At(50, 100) with { Loss = double.NaN });
        Assert.Contains("<span class=\"bad\">✗ NaN</span>", Shown.Html(notebook.Updates[^1]));
    }

    [Fact]
    public void A_long_run_keeps_a_bounded_curve()
    {
        var history = new RunHistory("long");
        for (var step = 1; step <= 100_000; step++) history.Add(At(step, 100_000));
        var losses = history.Status().Losses;
        Assert.InRange(losses.Count, 200, 400);
        Assert.Equal(1, losses[0].Step);
        var gaps = losses.Zip(losses.Skip(1), (a, b) => b.Step - a.Step).Distinct();
        Assert.Single(gaps);
    }

    [Fact]
    public void Its_cancellation_is_the_cells()
    {
        using var interrupt = new CancellationTokenSource();
        Enter(interrupt.Token);
        Assert.Equal(interrupt.Token, TrainingView.Start("x").Cancellation);
    }

    [Fact]
    public void Without_a_notebook_it_writes_lines_to_the_console()
    {
        var console = Console.Out;
        using var written = new StringWriter();
        Console.SetOut(written);
        try
        {
            var view = new TrainingView("x", clock);
            view.Report(At(1, 100));
            view.Report(At(2, 100));
            Assert.False(view.Cancellation.CanBeCanceled);
        }
        finally
        {
            Console.SetOut(console);
        }

        Assert.Equal("CCT-2/3x2 1/100 (1 %), loss 0.99, 320 samples/s", written.ToString().Trim());
    }

    private static FakeNotebook Enter(CancellationToken cancellation = default)
    {
        var notebook = new FakeNotebook { Cancellation = cancellation };
        Notebook.Enter(notebook);
        return notebook;
    }

    // One step takes a second, and the loss falls by a hundredth.
    private static TrainingProgress At(long step, long total) =>
        new("CCT-2/3x2", step, total, 1 - step / 100.0, 1e-3, 320, TimeSpan.FromSeconds(step), new Dictionary<string, double>());

    private sealed class ManualClock : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Advance(TimeSpan time) => now += time.Ticks;
    }
}
