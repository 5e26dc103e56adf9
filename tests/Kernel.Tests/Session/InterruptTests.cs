using System.Diagnostics;
using Lab.Kernel.Session;

namespace Kernel.Tests.Session;

/// <summary>Alone, since other cells would use up the threads and be the last whose line began.</summary>
[CollectionDefinition(nameof(InterruptTests), DisableParallelization = true)]
public sealed class Alone;

[Collection(nameof(InterruptTests))]
public sealed class InterruptTests(InterruptTests.Warm warm) : IClassFixture<InterruptTests.Warm>
{
    private const string token = "cancellation token", checkpoint = "checkpoint", wait = "woken", left = "left behind";

    [Theory]
    [InlineData("while (true) { q++; }", checkpoint)]
    [InlineData("for (;;) q++;", checkpoint)]
    [InlineData("do { q++; } while (q > 0);", checkpoint)]
    [InlineData("again: q++; goto again;", checkpoint)]
    [InlineData("int Fib(int n) => n < 2 ? n : Fib(n - 1) + Fib(n - 2); q = Fib(60);", checkpoint)]
    [InlineData("q = Enumerable.Range(0, int.MaxValue).Where(x => x % 2 == 0).Select(x => (long)x * x % 7).Sum();", checkpoint)]
    [InlineData("IEnumerable<int> All() { var i = 0; while (true) yield return i++; } q = All().Max();", checkpoint)]
    [InlineData("foreach (var i in Enumerable.Range(0, int.MaxValue)) { foreach (var j in Enumerable.Range(0, int.MaxValue)) q += j; }", checkpoint)]
    [InlineData("async Task Spin() { while (true) { await Task.Yield(); q++; } } await Spin();", checkpoint)]
    [InlineData("await Task.Yield(); while (true) { q++; }", checkpoint)]
    [InlineData("async IAsyncEnumerable<int> All() { while (true) { await Task.Yield(); yield return 1; } } await foreach (var i in All()) q += i;", checkpoint)]
    [InlineData("while (true) { try { while (true) q++; } catch { } }", checkpoint)]
    [InlineData("while (true) { try { q++; continue; } catch (Exception) { continue; } finally { q--; } }", checkpoint)]
    [InlineData("void Retry() { try { while (true) q++; } catch { Retry(); } } Retry();", checkpoint)]
    [InlineData("class Slow { public int Value { get { while (true) { } } } } q = new Slow().Value;", checkpoint)]
    [InlineData("Parallel.For(0, 4, i => { while (true) { } });", checkpoint)]
    [InlineData("await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => { while (true) { } })));", checkpoint)]
    [InlineData("Task.Run(() => { while (true) { } }).Wait();", checkpoint)]
    [InlineData("Thread.Sleep(60_000);", wait)]
    [InlineData("Task.Delay(60_000).Wait();", wait)]
    [InlineData("new SemaphoreSlim(0).Wait();", wait)]
    [InlineData("new Thread(() => { while (true) { } }).Start(); Thread.CurrentThread.Join();", wait)]
    [InlineData("while (true) { try { Thread.Sleep(60_000); } catch { } }", checkpoint)]
    [InlineData("await Task.Delay(-1, Notebook.Current.Cancellation);", token)]
    [InlineData("while (true) Notebook.Current.Cancellation.ThrowIfCancellationRequested();", "")]
    [InlineData("await Task.Delay(60_000); q = -1;", left)]
    [InlineData("await new TaskCompletionSource().Task;", left)]
    [InlineData("q = Enumerable.Range(0, int.MaxValue).Aggregate(Math.Max);", left)]
    public async Task An_interrupt_stops_a_cell_says_how_and_keeps_the_variables(string code, string how)
    {
        using var interrupt = new CancellationTokenSource();
        var cells = how == left ? warm.Cells : warm.Patient;
        await cells.RunAsync("long q = 5; var kept = \"kept\"; var started = false;");
        var running = cells.RunAsync($"started = true;\n{code}", interrupt.Token);
        while (cells.Session.Variables.All(v => v is not { Name: "started", Value: true })) await Task.Delay(5);

        // On a thread of its own, since the cell may occupy all those that tests share.
        var elapsed = await Task.Factory.StartNew(() =>
        {
            var clock = Stopwatch.StartNew();
            interrupt.Cancel();
            running.Wait();
            return clock.Elapsed;
        }, TaskCreationOptions.LongRunning);
        var cell = await running;

        Assert.True(cell.Result.Interrupted);
        var error = Assert.IsType<ErrorOutput>(cell.Outputs[^1]);
        Assert.Equal("Interrupted", error.Name);
        Assert.Contains(how, error.Message);
        Assert.True(elapsed < TimeSpan.FromSeconds(60), $"It took {elapsed}.");
        Assert.Equal("kept True", Plain(await cells.RunAsync("$\"{kept} {started}\"")));
        Assert.NotEqual("-1", Plain(await cells.RunAsync("q")));
    }

    [Fact]
    public async Task A_cell_left_in_a_native_call_names_its_line_and_ends_when_the_call_returns()
    {
        using var interrupt = new CancellationTokenSource();
        var cells = new Cells();
        await cells.RunAsync("""
            using System.Runtime.InteropServices;
            static class C { [DllImport("libc", EntryPoint = "poll")] public static extern int Poll(nint none, nuint count, int milliseconds); }
            var returned = new ManualResetEventSlim(); var after = 0;
            """);
        var running = cells.RunAsync("after = 1;\nvar result = C.Poll(0, 0, 6_000); returned.Set();\nwhile (true) after++;", interrupt.Token);
        while (cells.Session.Variables.All(v => v is not { Name: "after", Value: 1 })) await Task.Delay(5);
        await Task.Delay(500);
        await interrupt.CancelAsync();

        var error = Assert.IsType<ErrorOutput>((await running).Outputs[^1]);
        Assert.Contains(left, error.Message);
        Assert.Equal("   Cell [2], line 2, was the last to begin", error.Traceback[1]);
        Assert.Equal("True", Plain(await cells.RunAsync("returned.Wait(60_000)")));
        await cells.RunAsync("await Task.Delay(300); var first = after; await Task.Delay(100);");
        Assert.Equal("True", Plain(await cells.RunAsync("first == after")));
    }

    [Fact]
    public async Task Endless_recursion_is_an_error_and_the_session_goes_on()
    {
        var cells = new Cells();
        await cells.RunAsync("var kept = 3; int Down(int n) => Down(n + 1) + 1;");
        var error = Assert.IsType<ErrorOutput>((await cells.RunAsync("Down(0)")).Outputs[^1]);
        Assert.Equal(nameof(InsufficientExecutionStackException), error.Name);
        Assert.True(error.Traceback.Count < 100);
        Assert.Equal("3", Plain(await cells.RunAsync("kept")));
    }

    [Fact]
    public async Task Recursion_ten_thousand_calls_deep_is_no_error() =>
        Assert.Equal("10000", Plain(await new Cells().RunAsync("int Down(int n) => n == 0 ? 0 : Down(n - 1) + 1; Down(10_000)")));

    [Fact]
    public async Task A_task_of_an_earlier_cell_is_not_stopped()
    {
        using var interrupt = new CancellationTokenSource();
        var cells = new Cells();
        await cells.RunAsync("var end = false; var background = Task.Run(() => { while (!end) Thread.Yield(); return 7; });");
        var running = cells.RunAsync("var started = true; while (true) { }", interrupt.Token);
        while (cells.Session.Variables.All(v => v.Name != "started")) await Task.Delay(5);
        await interrupt.CancelAsync();
        await running;
        Assert.Equal("7", Plain(await cells.RunAsync("end = true; await background")));
    }

    [Fact]
    public async Task An_exception_on_a_thread_of_a_cell_is_told_there_and_ends_nothing_else()
    {
        var cells = new Cells();
        var cell = await cells.RunAsync("""
            new Thread(() => throw new FormatException("on a thread")).Start();
            async void Forgotten() { await Task.Yield(); throw new FormatException("nobody awaits"); } Forgotten();
            ThreadPool.QueueUserWorkItem(_ => throw new FormatException("in the pool"));
            """);
        for (var i = 0; i < 1_000 && cell.Outputs.Count < 3; i++) await Task.Delay(10);
        Assert.Equal(["in the pool", "nobody awaits", "on a thread"], cell.Outputs.Select(o => Assert.IsType<StreamOutput>(o).Text.Split('\n')[1].Split(": ")[1]).Order());
        Assert.Equal("1", Plain(await cells.RunAsync("1")));
    }

    [Fact]
    public async Task Code_with_checkpoints_means_what_it_meant_before()
    {
        var cell = await new Cells().RunAsync("""
            record Point(int X, int Y) { public int Sum => X + Y; public static Point operator +(Point a, Point b) => new(a.X + b.X, a.Y + b.Y); }
            IEnumerable<int> Squares(int n) { for (var i = 0; i < n; i++) { try { yield return i * i; } finally { } } }
            async Task<int> Later(int n) { var sum = 0; for (var i = 0; i < n; i++) { await Task.Yield(); if (i == 2) continue; sum += i; } return sum; }
            System.Linq.Expressions.Expression<Func<int, int>> tree = x => x + 1;
            int Switch(object o) => o switch { int n when n > 3 => 1, string { Length: > 2 } => 2, null => 3, _ => 4 };
            int Last() { Span<int> span = stackalloc int[3]; span[1] = 5; return span[^2]; } var last = Last();
            var caught = 0; try { int.Parse("x"); } catch (FormatException e) when (e.Message.Length > 0) { caught = 1; } finally { caught += 10; }
            ref int At(int[] a, int i) => ref a[i]; var array = new[] { 1, 2 }; At(array, 1) = 9;
            $"{new Point(1, 2) + new Point(3, 4)} {string.Join(",", Squares(4))} {await Later(5)} {tree} {tree.Compile()(1)} {Switch(5)}{Switch("abc")}{Switch(null)}{Switch(1.5)} {last} {caught} {array[1]}"
            """);
        Assert.Equal("Point { X = 4, Y = 6, Sum = 10 } 0,1,4,9 8 x => (x + 1) 2 1234 5 11 9", Plain(cell));
    }

    [Fact]
    public async Task An_exception_in_a_lambda_or_an_iterator_names_its_own_line()
    {
        var cells = new Cells();
        Assert.Contains("   Cell [1], line 3", Error(await cells.RunAsync("var a = new[] { 0 };\nvar b = a.Select(x =>\n    1 / x);\nb.ToList()")).Traceback);
        Assert.Contains("   Cell [2], line 2", Error(await cells.RunAsync("IEnumerable<int> It() {\n  yield return int.Parse(\"x\"); }\nIt().ToList()")).Traceback);
        Assert.Contains("   Cell [3], line 3", Error(await cells.RunAsync("async Task F()\n{ await Task.Yield();\n  throw new Exception(); }\nawait F();")).Traceback);
    }

    /// <summary>A session in which exceptions have been thrown before, so that no test waits for their first time.</summary>
    public sealed class Warm : IAsyncLifetime
    {
        internal Cells Cells { get; } = new();

        /// <summary>Leaves no cell behind that only has too little of a busy machine.</summary>
        internal Cells Patient { get; } = new(new SessionOptions { LeaveAfter = TimeSpan.FromSeconds(50) });

        public async Task InitializeAsync()
        {
            foreach (var cells in new[] { Cells, Patient })
                foreach (var code in new[] { "throw new Exception();", "async Task F() { await Task.Yield(); throw new Exception(); } await F();" }) await cells.RunAsync(code);
        }

        public Task DisposeAsync() => Task.CompletedTask;
    }

    private static ErrorOutput Error(CellRun cell) => Assert.IsType<ErrorOutput>(cell.Outputs[^1]);

    private static string Plain(CellRun cell) => ((ResultOutput)cell.Outputs[^1]).Data["text/plain"]!.GetValue<string>();
}
