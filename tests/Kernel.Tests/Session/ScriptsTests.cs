using System.Text.RegularExpressions;
using Lab.Kernel.Session;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;

namespace Kernel.Tests.Session;

/// <summary>
/// Random notebooks give what Roslyn's own scripting engine gives, which keeps every cell for ever. Few names, declared
/// over and over as variables, types and methods and held by closures: what is hidden and what is not changes all the time.
/// </summary>
public sealed partial class ScriptsTests
{
    private const int length = 80;

    // @n a variable, @v one or x, @t a type, @f a method, # a number.
    private static readonly string[] hiding =
    [
        "var @n = #;", "var @n = @v + 1;", "string @n = \"s#\";", "var (a, b) = (#, @v);", "int.TryParse(\"#\", out var @n);", "const int @n = #;",
        "static int @n = #;", "dynamic @n = #;", "Func<int, int> @n = k => k + #;", "@t @n = k => k + #;", "var @n = @f(@v);", "var @n = typeof(W).Name;",
        "var @n = nameof(@v); list.Add(() => @v);", "var @n = new @t();", "var @n = new @t<int>();", "var @n = new @t[2]; objects.Add(new @t());",
        "@t @n = null; list.Add(() => new @t());", "class @t { public override string ToString() => \"T#\"; }", "class @t<K> { public override string ToString() => \"G#\"; }",
        "record @t(int X = #);", "class @t : Attribute { public override string ToString() => \"A#\"; }", "[@t] class @t { public override string ToString() => \"D#\"; }",
        "class @t { public object Make() => new @t(); public override string ToString() => \"H#\"; }", "enum @t { P = # }", "delegate int @t(int k);",
    ];

    private static readonly string[] lasting =
    [
        "int @f(int k) => k + #;", "string @f(object k) => k + \"o#\";", "@t @f(@t k) => k;", "int @n => #;", "static string E(this object k) => k + \"e#\";",
        "using System.Diagnostics;", "using W = System.Text.Rune; var @n = #;", "using W = System.Text.StringBuilder;", "var @n = new { X = # };", "var @n = (ref int k) => k + #;",
    ];

    private static readonly string[] asking =
    [
        "$\"{@v}\"", "$\"{@v}\"", "$\"{@n(3)}\"", "$\"{@f(@v)}\"", "new @t().ToString()", "new @t<string>().ToString()", "$\"{@n.X}\"", "@n.Equals(@v)", "$\"{@v = @v}\"", "@v = #;",
        "list.Add(() => @v);", "list.Add(() => @f(@v));", "objects.Add(@v);", "@v.E()", "typeof(@t).Name + typeof(W)", "Stopwatch.Frequency + \"\"", "@v is @t",
        "string.Join(\",\", list.Select(h => { try { return h()?.ToString(); } catch (Exception e) { return e.GetType().Name; } }))",
        "string.Join(\",\", objects.Select(o => o is @t))",
    ];

    private static readonly ScriptOptions options = ScriptOptions.Default
        .WithReferences(((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)))
        .WithImports("System", "System.Collections.Generic", "System.Linq").WithLanguageVersion(LanguageVersion.Latest).WithOptimizationLevel(OptimizationLevel.Release);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0.1)]
    [InlineData(4, 0.3)]
    public async Task Cells_mean_what_scripts_mean(int seed, double shareOfLasting)
    {
        var random = new Random(seed);
        var cells = new Cells();
        ScriptState<object>? script = null;
        var (code, values) = ("var list = new List<Func<object>>(); var objects = new List<object>(); var x = 1;", 0);
        for (var i = 0; i < length; i++)
        {
            (script, var expected) = await ScriptAsync(script, code);
            var actual = Shown(await cells.RunAsync(code));
            Assert.Equal((i, code, expected), (i, code, actual));
            if (!expected.StartsWith("CS", StringComparison.Ordinal)) values++;
            var templates = random.Next(10) < 4 ? asking : random.NextDouble() < shareOfLasting ? lasting : hiding;
            code = Filled(templates[random.Next(templates.Length)], random);
        }

        Assert.True(values > length / 3, $"Only {values} of {length} cells compiled.");
    }

    private static async Task<(ScriptState<object>? Script, string Shown)> ScriptAsync(ScriptState<object>? before, string code)
    {
        try
        {
            var after = await (before is null
                ? CSharpScript.Create<object>(code, options).RunAsync(null, _ => true)
                : before.Script.ContinueWith<object>(code).RunFromAsync(before, _ => true));
            return (after, after.Exception?.GetType().Name ?? SubmissionName().Replace(after.ReturnValue?.ToString() ?? "", "Script"));
        }
        catch (CompilationErrorException exception)
        {
            return (before, exception.Diagnostics.First(d => d.Severity == DiagnosticSeverity.Error).Id);
        }
    }

    private static string Shown(CellRun cell) => cell.Result.Error?.Name
        ?? (cell.Outputs is [.., ResultOutput result] ? result.Data["text/plain"]!.GetValue<string>() : "");

    private static string Filled(string template, Random random) => Placeholder().Replace(template, place => place.Value switch
    {
        "@n" => "abc"[random.Next(3)].ToString(),
        "@v" => "abcx"[random.Next(4)].ToString(),
        "@t" => "TU"[random.Next(2)].ToString(),
        "@f" => "fga"[random.Next(3)].ToString(),
        _ => random.Next(1000).ToString(),
    });

    [GeneratedRegex("@[nvtf]|#")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"Submission#\d+")]
    private static partial Regex SubmissionName();
}
