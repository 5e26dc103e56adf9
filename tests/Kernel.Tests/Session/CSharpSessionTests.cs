using Lab.Kernel.Session;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Kernel.Tests.Session;

public class CSharpSessionTests
{
    [Fact]
    public async Task The_last_expression_is_the_result()
    {
        var cell = await new Cells().RunAsync("var x = 20;\nx + 1");
        Assert.Equal("21", Assert.IsType<ResultOutput>(Assert.Single(cell.Outputs)).Data["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public async Task Cells_build_on_the_cells_before_and_await_at_top_level()
    {
        var cells = new Cells();
        await cells.RunAsync("int Twice(int n) => 2 * n; var x = 20;");
        await cells.RunAsync("x += 1; await Task.Yield();");
        Assert.Equal("42", Plain(await cells.RunAsync("Twice(x)")));
    }

    [Fact]
    public async Task Using_directives_of_a_cell_without_anything_else_hold_for_the_cells_that_follow()
    {
        var cells = new Cells();
        await cells.RunAsync("var x = 20;");
        Assert.Null((await cells.RunAsync("// only a comment")).Result.Error);
        Assert.Null((await cells.RunAsync("using System.Globalization;\nusing Words = System.Text.StringBuilder;")).Result.Error);
        Assert.Equal("CS0246", (await cells.RunAsync("using Nowhere;")).Result.Error!.Name);
        Assert.Null((await cells.RunAsync("var words = new Words(\"n\");")).Result.Error);
        Assert.Equal("n20", Plain(await cells.RunAsync("words.Append(x.ToString(CultureInfo.InvariantCulture)).ToString()")));
    }

    [Fact]
    public async Task An_exception_names_the_cell_line_and_its_inner_exception_and_keeps_what_was_assigned()
    {
        var cells = new Cells();
        var cell = await cells.RunAsync("var x = 1;\nx = 2;\nthrow new InvalidOperationException(\"outer\", new ArgumentException(\"inner\"));");

        var error = Assert.IsType<ErrorOutput>(Assert.Single(cell.Outputs));
        Assert.Equal("InvalidOperationException", error.Name);
        Assert.Equal("outer", error.Message);
        Assert.Equal("   Cell [1], line 3", error.Traceback[1]);
        Assert.Contains("---> System.ArgumentException: inner", error.Traceback);
        Assert.Equal("2", Plain(await cells.RunAsync("x")));
    }

    [Fact]
    public async Task Every_compile_error_names_its_line_and_the_session_goes_on()
    {
        var cells = new Cells();
        var error = Assert.IsType<ErrorOutput>(Assert.Single((await cells.RunAsync("var a = b;\n\nvar c = d;")).Outputs));
        Assert.Equal("CS0103", error.Name);
        Assert.StartsWith("Cell [1], line 1: error CS0103", error.Traceback[0]);
        Assert.StartsWith("Cell [1], line 3: error CS0103", error.Traceback[3]);
        Assert.Equal("1", Plain(await cells.RunAsync("1")));
    }

    [Fact]
    public async Task Lines_are_counted_in_the_cell_also_below_a_magic()
    {
        var cell = await new Cells().RunAsync("var x = 1;\n#!csharp\n\nthrow new Exception(\"boo\");");
        Assert.Contains("   Cell [1], line 4", Assert.IsType<ErrorOutput>(cell.Outputs[^1]).Traceback);
    }

    [Fact]
    public async Task A_display_can_be_updated_after_its_cell_has_ended()
    {
        var cells = new Cells();
        var first = await cells.RunAsync("var shown = display(\"first\");");
        await cells.RunAsync("shown.Update(\"second\");");

        var display = Assert.IsType<DisplayOutput>(first.Outputs[0]);
        var update = Assert.IsType<UpdateDisplayOutput>(first.Outputs[1]);
        Assert.Equal(display.DisplayId, update.DisplayId);
        Assert.Equal("second", update.Data["text/plain"]!.GetValue<string>());
    }

    [Fact]
    public async Task Json_is_shown_as_a_value_beside_plain_text()
    {
        var cell = await new Cells().RunAsync("display(new { answer = 42 }, \"application/json\");");
        var data = Assert.IsType<DisplayOutput>(Assert.Single(cell.Outputs)).Data;
        Assert.Equal(42, data["application/json"]!["answer"]!.GetValue<int>());
        Assert.True(data.ContainsKey("text/plain"));
    }

    [Fact]
    public async Task A_task_that_outlives_its_cell_still_prints_into_it()
    {
        var cells = new Cells();
        var first = await cells.RunAsync("var go = new TaskCompletionSource(); var late = Task.Run(async () => { await go.Task; Console.Write(\"late\"); });");
        var second = await cells.RunAsync("go.SetResult(); await late;");
        Assert.Equal(new StreamOutput("stdout", "late"), Assert.Single(first.Outputs));
        Assert.Empty(second.Outputs);
    }

    [Fact]
    public async Task Console_output_can_go_into_a_display_with_all_that_was_started_meanwhile()
    {
        var cell = await new Cells().RunAsync("""
            var log = display("");
            using (Output.To(log)) { Console.Write("50 %\r"); await Task.Yield(); await Task.Run(() => Console.WriteLine("100 %")); }
            Console.Write("after");
            """);
        Assert.Null(cell.Result.Error);
        var last = Assert.IsType<UpdateDisplayOutput>(cell.Outputs[^2]);
        Assert.Equal((Assert.IsType<DisplayOutput>(cell.Outputs[0]).DisplayId, "100 %\n"), (last.DisplayId, last.Data["text/plain"]!.GetValue<string>()));
        Assert.Equal(new StreamOutput("stdout", "after"), Assert.Single(cell.Outputs.OfType<StreamOutput>()));
    }

    [Fact]
    public async Task An_interrupt_reaches_the_code_through_its_token()
    {
        using var interrupt = new CancellationTokenSource();
        var cells = new Cells();
        var running = cells.RunAsync("var kept = 3;\nawait Task.Delay(-1, Notebook.Current.Cancellation);", interrupt.Token);
        await interrupt.CancelAsync();
        Assert.True((await running).Result.Interrupted);
        Assert.False((await cells.RunAsync("1")).Result.Interrupted);
    }

    [Fact]
    public async Task An_unknown_magic_and_another_language_are_refused_in_one_sentence()
    {
        var cells = new Cells();
        Assert.Contains("#!lsmagic", Assert.IsType<ErrorOutput>((await cells.RunAsync("#!nothing")).Outputs[0]).Message);
        Assert.Contains("C# only", Assert.IsType<ErrorOutput>((await cells.RunAsync("#!fsharp\nlet x = 1")).Outputs[0]).Message);
    }

    [Fact]
    public async Task Variables_are_listed_with_their_last_values()
    {
        var cells = new Cells();
        await cells.RunAsync("var a = 1; string b = \"x\";");
        await cells.RunAsync("double a = 2.5;");
        Assert.Equal(["a = 2.5", "b = x"], cells.Session.Variables.Select(v => FormattableString.Invariant($"{v.Name} = {v.Value}")));
    }

    [Fact]
    public async Task A_package_reference_makes_its_types_known()
    {
        // This version is restored with the solution, so the test needs no network.
        var cell = await new Cells().RunAsync("#r \"nuget: Spectre.Console, 0.57.2\"\nSpectre.Console.Markup.Escape(\"[x]\")");
        Assert.Equal("[[x]]", Plain(cell));
    }

    [Fact]
    public async Task An_unreadable_package_reference_says_what_is_expected()
    {
        var cells = new Cells();
        var error = Assert.IsType<ErrorOutput>(Assert.Single((await cells.RunAsync("#r \"nuget: Newtonsoft.Json, 13.0.3, x\"")).Outputs));
        Assert.Contains("nuget: Id, version", error.Message);
    }

    [Fact]
    public async Task A_missing_assembly_file_is_named()
    {
        var error = Assert.IsType<ErrorOutput>(Assert.Single((await new Cells().RunAsync("#r \"nowhere.dll\"\n1")).Outputs));
        Assert.Contains("nowhere.dll", error.Message);
    }

    [Fact]
    public async Task A_referenced_assembly_file_makes_its_types_known()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "xunit.assert.dll");
        Assert.Equal("Assert", Plain(await new Cells().RunAsync($"#r \"{path}\"\nnameof(Xunit.Assert)")));
    }

    [Theory]
    [InlineData("99.0.0.0", "cannot be loaded: this kernel already holds version 4.", false)]
    [InlineData("0.1.0.0", "was asked for, but this kernel holds version 4.", true)]
    public async Task Another_version_of_what_the_kernel_holds_is_refused_if_newer_and_told_if_older(string version, string told, bool runs)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("reference").FullName, "NetMQ.dll");
        var code = CSharpSyntaxTree.ParseText($"[assembly: System.Reflection.AssemblyVersion(\"{version}\")]");
        Assert.True(CSharpCompilation.Create("NetMQ", [code], [MetadataReference.CreateFromFile(typeof(object).Assembly.Location)], new(OutputKind.DynamicallyLinkedLibrary)).Emit(path).Success);

        var cell = await new Cells().RunAsync($"#r \"{path}\"\nnameof(NetMQ.NetMQSocket)");
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        Assert.Equal(runs, cell.Result.Succeeded);
        Assert.Contains($"NetMQ {version} {told}", cell.Outputs[0] is StreamOutput { Name: "stderr" } stream ? stream.Text : Assert.IsType<ErrorOutput>(cell.Outputs[0]).Message);
        if (runs) Assert.Equal("NetMQSocket", Plain(cell));
    }

    private static string Plain(CellRun cell) => ((ResultOutput)cell.Outputs[^1]).Data["text/plain"]!.GetValue<string>();
}
