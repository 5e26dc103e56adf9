using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Lab.Kernel.Session;

/// <summary>
/// The chain of compiled cells: parse, compile against all cells before, emit, load, run. A cell joins the chain before
/// it runs, so what it assigned stays when it throws; a cell that does not compile leaves the chain as it was.
/// </summary>
internal sealed class Submissions
{
    private static readonly CSharpParseOptions parseOptions = new(LanguageVersion.Latest, DocumentationMode.Parse, SourceCodeKind.Script);
    private static readonly EmitOptions emitOptions = new(debugInformationFormat: DebugInformationFormat.Embedded);

    private readonly SessionLoadContext assemblies = new();
    private readonly List<MetadataReference> newReferences;
    private readonly List<string> usings;
    private readonly List<(CSharpCompilation Compilation, Type Type)> chain = [];
    private object?[] states = new object?[2];
    private CSharpCompilation? last;
    private int count;

    public Submissions(IEnumerable<Assembly> references, IEnumerable<string> usings)
    {
        // What the process was built from is at hand in every cell; extensions may add assemblies from elsewhere.
        var paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Concat(references.Select(r => r.Location)).Distinct();
        newReferences = [.. paths.Select(path => MetadataReference.CreateFromFile(path))];
        this.usings = [.. usings];
    }

    /// <summary>Types that hold the variables of the cells run so far, oldest first, with the objects.</summary>
    public IEnumerable<(CSharpCompilation Compilation, Type Type, object State)> States =>
        chain.Select(link => (link.Compilation, link.Type, State: states.FirstOrDefault(s => s?.GetType() == link.Type)))
            .Where(link => link.State is not null).Select(link => (link.Compilation, link.Type, link.State!));

    /// <summary>Makes an assembly's types known to the cells that follow.</summary>
    public void AddReference(string path)
    {
        if (!assemblies.Add(path)) return;
        newReferences.Add(MetadataReference.CreateFromFile(path));
    }

    /// <summary>Makes a package's types and native libraries known to the cells that follow.</summary>
    public void AddReferences(PackageFiles files)
    {
        var added = files.Runtime.Where(assemblies.Add).Select(Path.GetFileName).ToHashSet();
        foreach (var library in files.Native) assemblies.AddNative(library);
        newReferences.AddRange(files.Compile.Where(path => added.Contains(Path.GetFileName(path))).Select(path => MetadataReference.CreateFromFile(path)));
    }

    /// <exception cref="CompilationException">The code has errors.</exception>
    public Submission Compile(string code, string cellName)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), parseOptions, cellName);
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, usings: usings, optimizationLevel: OptimizationLevel.Release,
            allowUnsafe: true, nullableContextOptions: NullableContextOptions.Disable);
        var compilation = CSharpCompilation.CreateScriptCompilation($"Cell{++count}", tree, newReferences, options, last, typeof(object));

        using var image = new MemoryStream();
        var emitted = compilation.Emit(image, options: emitOptions);
        if (!emitted.Success)
            throw new CompilationException([.. emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)]);

        image.Position = 0;
        var assembly = assemblies.LoadFromStream(image);
        newReferences.Clear(); // later cells inherit them through the chain
        last = compilation;
        return new Submission(compilation, assembly, this);
    }

    /// <summary>One compiled cell.</summary>
    public sealed class Submission(CSharpCompilation compilation, Assembly assembly, Submissions owner)
    {
        /// <summary>Whether the cell ends in an expression without a semicolon.</summary>
        public bool HasResult => compilation.SyntaxTrees[0].GetCompilationUnitRoot().Members is [.., GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } }];

        public Task<object?> RunAsync()
        {
            var entry = compilation.GetEntryPoint(default);
            if (entry is null) return Task.FromResult<object?>(null);

            var type = assembly.GetType(entry.ContainingType.MetadataName, throwOnError: true)!;
            var factory = type.GetMethod(entry.MetadataName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!;
            owner.chain.Add((compilation, type));
            if (owner.states.Length < owner.chain.Count + 1) Array.Resize(ref owner.states, owner.states.Length * 2);
            return (Task<object?>)factory.Invoke(null, [owner.states])!;
        }
    }
}

/// <summary>A cell does not compile.</summary>
internal sealed class CompilationException(ImmutableArray<Diagnostic> errors) : Exception(errors[0].GetMessage())
{
    public ImmutableArray<Diagnostic> Errors { get; } = errors;
}
