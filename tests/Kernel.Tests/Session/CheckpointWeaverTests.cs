using System.Text;
using Lab.Kernel.Session;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;
using Mono.Cecil;
using Mono.Cecil.Cil;

namespace Kernel.Tests.Session;

public sealed class CheckpointWeaverTests
{
    [Theory]
    [InlineData("async IAsyncEnumerable<int> All() { while (true) { await Task.Yield(); yield return 1; } } await foreach (var i in All()) { }")]
    [InlineData("IEnumerable<int> All() { try { while (true) yield return 1; } finally { Console.WriteLine(); } } foreach (var i in All()) { }")]
    [InlineData("async Task Spin() { while (true) await Task.Yield(); } await Spin();")]
    public void Of_a_state_machine_only_the_method_with_the_code_of_the_cell_has_checkpoints(string code)
    {
        using var cell = Woven(code);
        var machines = cell.MainModule.GetTypes().Where(type => type.Name.StartsWith('<') && type.Methods.Any(m => m.Name == "MoveNext")).ToList();
        Assert.NotEmpty(machines);
        Assert.All(machines, machine => Assert.Equal(["MoveNext"], machine.Methods.Where(HasCheckpoint).Select(method => method.Name)));
    }

    [Fact]
    public void Methods_lambdas_and_loops_of_the_cell_have_checkpoints()
    {
        using var cell = Woven("class C { public void M() { for (;;) { } } } Func<int> f = () => Console.Read(); void L() { while (true) { } }");
        foreach (var name in new[] { "M", "L", "<<Initialize>>b" })
            Assert.Contains(cell.MainModule.GetTypes().SelectMany(type => type.Methods), m => m.Name.StartsWith(name, StringComparison.Ordinal) && HasCheckpoint(m));
    }

    private static bool HasCheckpoint(MethodDefinition method) =>
        method.HasBody && method.Body.Instructions.Any(i => i.OpCode == OpCodes.Call && ((MethodReference)i.Operand).DeclaringType.Name == nameof(Checkpoint));

    private static AssemblyDefinition Woven(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), Submissions.ParseOptions, "Cell [1]");
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.CreateScriptCompilation("Cell1", tree, references, new Submissions([], ["System", "System.Collections.Generic", "System.Threading.Tasks"]).Options);
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = compilation.Emit(image, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb));
        Assert.Empty(emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error));
        image.Position = symbols.Position = 0;
        return AssemblyDefinition.ReadAssembly(CheckpointWeaver.Weave(image, symbols, 1).Image);
    }
}
