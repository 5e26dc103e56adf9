using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.PortableExecutable;
using System.Text;
using Lab.Kernel.Language;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Lab.Kernel.Session;

/// <summary>
/// The chain of compiled cells: parse, compile against all cells before, emit, weave, load, run. A cell that declares
/// something joins the chain before it runs, so what it assigned stays when it throws; all others leave the chain as it
/// was, and what they occupied is free again when they have ended.
/// </summary>
internal sealed class Submissions
{
    private static readonly EmitOptions emitOptions = new(debugInformationFormat: DebugInformationFormat.PortablePdb, pdbFilePath: "cell.pdb");

    // What the process was built from is at hand in every cell. Read once, for all sessions.
    private static readonly Lazy<IReadOnlyList<(string Path, MetadataReference Reference)>> platform = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => (path, (MetadataReference)Reference(path)))]);

    private readonly Lock turn = new();
    private readonly SessionLoadContext assemblies = new();
    private readonly List<MetadataReference> references; // of every cell
    private readonly List<MetadataReference> newReferences; // that no cell of the chain has
    private readonly List<Link> chain = [];
    private CSharpCompilation? last;
    private CSharpCompilation? next; // still empty: what it binds of its references serves every cell that stands here
    private ConcurrentDictionary<string, Assembly> cells = []; // of the chain, by name
    private int count, joined;

    public Submissions(IEnumerable<Assembly> references, IEnumerable<string> usings)
    {
        var others = references.Select(r => r.Location).Except(platform.Value.Select(p => p.Path));
        this.references = [.. platform.Value.Select(p => p.Reference), .. others.Select(path => Reference(path))];
        newReferences = [.. this.references];

        // A cell is too small to be worth waking other threads.
        Options = new(OutputKind.DynamicallyLinkedLibrary, usings: usings, optimizationLevel: OptimizationLevel.Release,
            allowUnsafe: true, nullableContextOptions: NullableContextOptions.Disable, concurrentBuild: false);
    }

    /// <summary>What a cell that is written now stands on: the chain, and references that no cell of it has.</summary>
    public (IReadOnlyList<Link> Chain, IReadOnlyList<MetadataReference> NewReferences) Snapshot()
    {
        lock (turn) return ([.. chain], [.. newReferences]);
    }

    /// <summary>How cells are parsed.</summary>
    public static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Latest, DocumentationMode.Parse, SourceCodeKind.Script);

    private static readonly SyntaxTree nothing = CSharpSyntaxTree.ParseText("", ParseOptions);

    /// <summary>How cells are compiled.</summary>
    public CSharpCompilationOptions Options { get; }

    /// <summary>Makes an assembly's types known to the cells that follow.</summary>
    public void AddReference(string path)
    {
        lock (turn)
        {
            if (assemblies.Add(path)) Add([path]);
        }
    }

    /// <summary>Makes a package's types and native libraries known to the cells that follow.</summary>
    public void AddReferences(PackageFiles files)
    {
        lock (turn)
        {
            var added = files.Runtime.Where(assemblies.Add).Select(Path.GetFileName).ToHashSet();
            foreach (var library in files.Native) assemblies.AddNative(library);
            Add(files.Compile.Where(path => added.Contains(Path.GetFileName(path))));
        }
    }

    /// <summary>Ends the chain: the next cell stands on nothing but the references.</summary>
    public void Clear()
    {
        lock (turn)
        {
            chain.Clear();
            cells = [];
            newReferences.Clear();
            newReferences.AddRange(references);
            last = next = null;
        }
    }

    /// <exception cref="CompilationException">The code has errors.</exception>
    public Submission Compile(string code, string cellName)
    {
        lock (turn)
        {
            var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), ParseOptions, cellName);
            next ??= CSharpCompilation.CreateScriptCompilation($"Cell{joined + 1}", nothing, newReferences, Options, last, typeof(object));
            var compilation = next.ReplaceSyntaxTree(nothing, tree);
            count++;
            if (Emit(compilation) is not { } assembly) return new Submission(count, compilation, null);

            var entry = compilation.GetEntryPoint(default)!;
            var type = assembly.GetType(entry.ContainingType.MetadataName, throwOnError: true)!;

            // The first place is the host object's, which this session has none of; the last is where the new object puts itself.
            object?[] states = [null, .. chain.Select(link => link.State), null];
            var state = Activator.CreateInstance(type, [states])!;
            if (Declares(compilation)) Join(new Link(compilation, [.. newReferences], type, state), assembly);
            return new Submission(count, compilation, state);
        }
    }

    // Only the metadata: the code in these files is many times larger.
    private static PortableExecutableReference Reference(string path) =>
        AssemblyMetadata.Create(ModuleMetadata.CreateFromStream(File.OpenRead(path), PEStreamOptions.PrefetchMetadata))
            .GetReference(new AssemblyDocumentation(path), filePath: path, display: path);

    private Assembly? Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = compilation.Emit(image, symbols, options: emitOptions);
        if (!emitted.Success)
            throw new CompilationException([.. emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)]);
        if (compilation.GetEntryPoint(default) is null) return null;

        image.Position = symbols.Position = 0;
        var woven = CheckpointWeaver.Weave(image, symbols, count);
        return new CellLoadContext(compilation.AssemblyName!, cells, assemblies).LoadFromStream(woven.Image, woven.Symbols);
    }

    private void Add(IEnumerable<string> paths)
    {
        MetadataReference[] added = [.. paths.Select(path => Reference(path))];
        references.AddRange(added);
        newReferences.AddRange(added);
        next = null;
    }

    private void Join(Link link, Assembly assembly)
    {
        chain.Add(link);
        joined++;
        cells[link.Compilation.AssemblyName!] = assembly;
        newReferences.Clear(); // later cells inherit them through the chain
        last = link.Compilation;
        next = null;
    }

    private static bool Declares(CSharpCompilation compilation) =>
        compilation.ScriptClass!.GetMembers().Any(member => !member.IsImplicitlyDeclared)
        || compilation.SyntaxTrees[0].GetCompilationUnitRoot() is { Usings.Count: > 0 } or { Externs.Count: > 0 };

    /// <summary>A cell in the chain.</summary>
    /// <param name="Compilation">Its symbols.</param>
    /// <param name="References">Those that it has and the cells before it have not.</param>
    /// <param name="Type">Whose fields are the cell's variables.</param>
    /// <param name="State">The object of this type.</param>
    public sealed record Link(CSharpCompilation Compilation, IReadOnlyList<MetadataReference> References, Type Type, object State);

    /// <summary>One compiled cell.</summary>
    /// <param name="number">Counts the compiled cells of the session.</param>
    /// <param name="compilation">Its symbols.</param>
    /// <param name="state">Holds its variables; null when there is nothing to run.</param>
    public sealed class Submission(int number, CSharpCompilation compilation, object? state)
    {
        public int Number => number;

        /// <summary>Whether the cell ends in an expression without a semicolon.</summary>
        public bool HasResult => compilation.SyntaxTrees[0].GetCompilationUnitRoot().Members is [.., GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } }];

        public Task<object?> RunAsync() => state is null
            ? Task.FromResult<object?>(null)
            : state.GetType().GetMethod("<Initialize>", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!.CreateDelegate<Func<Task<object?>>>(state)();
    }
}

/// <summary>A cell does not compile.</summary>
internal sealed class CompilationException(ImmutableArray<Diagnostic> errors) : Exception(errors[0].GetMessage())
{
    public ImmutableArray<Diagnostic> Errors { get; } = errors;
}
