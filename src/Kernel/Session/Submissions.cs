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
/// was, and what they occupied is free again when they have ended. A cell leaves the chain some time after all that it
/// declared has been declared anew.
/// </summary>
internal sealed class Submissions
{
    // So many cells may be in the chain beyond twice as many as are needed: then no more cells are compiled anew than joined.
    private const int slack = 16;

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
    private readonly Dictionary<string, Assembly> cells = []; // of the chain, by name
    private readonly OrderedDictionary<string, (FieldInfo Field, object State)> variables = [];
    private int count, joined;
    private int compactAt = slack; // cells in the chain

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

    /// <summary>The variables in order of their first declaration, each where it was declared last.</summary>
    public IReadOnlyList<(FieldInfo Field, object State)> Variables
    {
        get
        {
            lock (turn) return [.. variables.Values];
        }
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
            cells.Clear();
            variables.Clear();
            compactAt = slack;
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
            var state = Emit(compilation) is { } assembly ? Instantiate(assembly, compilation) : null;
            if (Declares(compilation)) Join(new Link(compilation, [.. newReferences], state));
            return new Submission(count, compilation, state);
        }
    }

    private object Instantiate(Assembly assembly, CSharpCompilation compilation)
    {
        var type = assembly.GetType(compilation.GetEntryPoint(default)!.ContainingType.MetadataName, throwOnError: true)!;

        // The first place is the host object's, which this session has none of; the last is where the new object puts itself.
        object?[] states = [null, .. chain.Select(link => link.State).Where(state => state is not null), null];
        return Activator.CreateInstance(type, [states])!;
    }

    // Only the metadata: the code in these files is many times larger.
    private static PortableExecutableReference Reference(string path) =>
        AssemblyMetadata.Create(ModuleMetadata.CreateFromStream(File.OpenRead(path), PEStreamOptions.PrefetchMetadata))
            .GetReference(new AssemblyDocumentation(path), filePath: path, display: path);

    // Null where there is nothing to run: of using directives and comments alone the compiler makes no assembly.
    private Assembly? Emit(CSharpCompilation compilation)
    {
        using var image = new MemoryStream();
        using var symbols = new MemoryStream();
        var emitted = compilation.Emit(image, symbols, options: emitOptions);
        if (!emitted.Success)
        {
            ImmutableArray<Diagnostic> errors = [.. emitted.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error)];
            return errors.IsEmpty ? null : throw new CompilationException(errors);
        }

        image.Position = symbols.Position = 0;
        var woven = CheckpointWeaver.Weave(image, symbols, count);
        return new CellLoadContext(compilation.AssemblyName!, assemblies).LoadCell(woven.Image, woven.Symbols, cells);
    }

    private void Add(IEnumerable<string> paths)
    {
        MetadataReference[] added = [.. paths.Select(path => Reference(path))];
        references.AddRange(added);
        newReferences.AddRange(added);
        next = null;
    }

    private void Join(Link link)
    {
        Append(link);
        joined++;
        foreach (var field in link.Fields) variables[field.Name] = (field, link.State!);
        newReferences.Clear(); // later cells inherit them through the chain
        if (chain.Count >= compactAt) Compact();
        next = null;
    }

    private void Append(Link link)
    {
        chain.Add(link);
        if (link.Assembly is { } assembly) cells[link.Compilation.AssemblyName!] = assembly;
        last = link.Compilation;
    }

    // Those behind a cell that is left out are compiled anew, for what they declare; their code stays the one that was loaded.
    private void Compact()
    {
        var (links, live) = (chain.ToList(), LiveCells.Of(chain));
        var kept = live.TakeWhile(needed => needed).Count();
        var orphans = new List<MetadataReference>(); // of cells that were left out
        chain.Clear();
        cells.Clear();
        last = null;
        foreach (var (place, link) in links.Index())
        {
            if (place < kept) Append(link);
            else if (!live[place]) orphans.AddRange(link.References);
            else
            {
                Append(Onto(last, link, [.. orphans, .. link.References]));
                orphans.Clear();
            }
        }

        compactAt = 2 * chain.Count + slack;
    }

    private Link Onto(CSharpCompilation? previous, Link link, IReadOnlyList<MetadataReference> references) => link with
    {
        Compilation = CSharpCompilation.CreateScriptCompilation(link.Compilation.AssemblyName!, link.Compilation.SyntaxTrees[0], references, Options, previous, typeof(object)),
        References = references,
    };

    private static bool Declares(CSharpCompilation compilation) =>
        compilation.ScriptClass!.GetMembers().Any(member => !member.IsImplicitlyDeclared)
        || compilation.SyntaxTrees[0].GetCompilationUnitRoot() is { Usings.Count: > 0 } or { Externs.Count: > 0 };

    /// <summary>A cell in the chain.</summary>
    /// <param name="Compilation">Its symbols.</param>
    /// <param name="References">Those that it has and the cells before it have not.</param>
    /// <param name="State">The object whose fields are its variables; null if it has none and nothing to run.</param>
    public sealed record Link(CSharpCompilation Compilation, IReadOnlyList<MetadataReference> References, object? State)
    {
        /// <summary>With the code of the cell.</summary>
        public Assembly? Assembly => State?.GetType().Assembly;

        /// <summary>The variables.</summary>
        public IEnumerable<FieldInfo> Fields =>
            from symbol in Compilation.ScriptClass!.GetMembers().OfType<IFieldSymbol>()
            where !symbol.IsImplicitlyDeclared
            let variable = State?.GetType().GetField(symbol.Name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            where variable is not null
            select variable;
    }

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
