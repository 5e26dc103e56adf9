using System.Reflection;
using Lab.Abstractions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Lab.Extensions.Tests;

public sealed class LabExtensionTests
{
    private static readonly string[] hostImports = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading.Tasks"];

    [Fact]
    public void The_assembly_names_its_extension() =>
        Assert.Equal(typeof(LabExtension), typeof(LabExtension).Assembly.GetCustomAttribute<NotebookExtensionAttribute>()!.Type);

    [Fact]
    public void Magics_have_a_usage_that_starts_with_their_name_and_a_summary_of_one_sentence() =>
        Assert.All(new LabExtension().Magics, magic =>
        {
            Assert.StartsWith($"#!{magic.Name}", magic.Usage);
            Assert.Matches(@"^[A-Z][^.]*\.$", magic.Summary);
        });

    [Theory]
    [InlineData("Tensor a = rand(2, 3, device: CPU); var b = a.sum(dim: 1); DisposeScope s = NewDisposeScope();")]
    [InlineData("var layer = nn.Linear(2, 3); nn.Module m = layer; nn.Module<Tensor, Tensor> f = layer; var o = optim.AdamW(layer.parameters());")]
    [InlineData("Device d = Devices.Choose(\"cpu\"); ScalarType t = ScalarType.Float32; var x = ones(3, dtype: float32);")]
    [InlineData("var c = Charts.Lines([new Series(\"a\", [1], [2])], \"x\", \"y\"); var h = Chart.Combine([c]).WithSize(300, 200); var k = Chart.Line<int, int, string>([1], [2]);")]
    [InlineData("var grid = new ImageGrid(rand(1, 3, 8, 8)); var map = new TokenMap(rand(3, 8, 8), rand(2, 2)); byte[] png = Pictures.Grid(grid);")]
    [InlineData("var counts = new PieceCounts(PreTokenizer.Gpt2); Bpe bpe = Bpe.Train(counts, 300); var shown = TokenizedText.Of(bpe, \"a\"); var s = bpe.Encode(\"x\");")]
    [InlineData("var claims = new Claims(\"x\", [new Claim(\"a\", \"b\", [1.0], \"points\")]); Paper p = PaperCatalogue.Find(\"zett\");")]
    [InlineData("var table = new DataFrame(new StringDataFrameColumn(\"name\", 3)); var l = new List<int>(); var m = Math.Max(1, 2);")]
    [InlineData("IProgress<TrainingProgress> live = TrainingView.Start(\"run\"); var report = RuntimeReport.Now();")]
    public void Common_names_mean_one_thing_in_a_cell(string cell)
    {
        var extension = new LabExtension();
        var trusted = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var references = trusted.Concat(extension.References.Select(a => a.Location)).Distinct().Where(File.Exists).Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.CreateScriptCompilation(
            "cell",
            CSharpSyntaxTree.ParseText(cell, new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script)),
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, usings: hostImports.Concat(extension.Imports.Select(i => i.Replace("static ", "")))));
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString()));
    }
}
