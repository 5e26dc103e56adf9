using Lab.Kernel.Session;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Completion;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.Tags;
using Microsoft.CodeAnalysis.Text;

namespace Lab.Kernel.Language;

/// <summary>
/// Roslyn's completion and symbols for the cell that is being written. The cells of the chain become projects, each a
/// submission on top of the one before, as the compiler sees them; a project is made once per cell.
/// </summary>
internal sealed class LanguageService(Submissions submissions) : IDisposable
{
    private const int mostSignatures = 30; // each takes some milliseconds

    private readonly SemaphoreSlim turn = new(1);
    private readonly Lazy<AdhocWorkspace> workspace = new(() => new(MefHostServices.DefaultHost)); // who never completes need not wait for it
    private readonly List<(Submissions.Link Link, ProjectId Project)> projects = [];

    public async Task<Completions> CompleteAsync(string code, int position, CancellationToken cancellation)
    {
        var document = await DocumentAsync(code, cancellation).ConfigureAwait(false);
        var service = CompletionService.GetService(document)!;
        var list = await service.GetCompletionsAsync(document, position, cancellationToken: cancellation).ConfigureAwait(false);
        var typed = code[list.Span.Start..Math.Max(list.Span.Start, position)];
        var fitting = list.ItemsList
            .Where(item => !item.IsComplexTextEdit && item.FilterText.StartsWith(typed, StringComparison.OrdinalIgnoreCase))
            .OrderByDescending(item => item.FilterText.StartsWith(typed, StringComparison.Ordinal)).ThenBy(item => item.SortText, StringComparer.OrdinalIgnoreCase)
            .DistinctBy(item => item.DisplayText).ToList();

        var items = new List<CompletionItem>();
        foreach (var item in fitting)
        {
            var description = fitting.Count > mostSignatures ? null : await service.GetDescriptionAsync(document, item, cancellation).ConfigureAwait(false);
            items.Add(new(item.DisplayText, Kind(item), description?.Text.Split('\n')[0].Trim()));
        }

        return new Completions(list.Span.Start, list.Span.End, items);
    }

    public async Task<Inspection?> InspectAsync(string code, int position, bool detailed, CancellationToken cancellation)
    {
        var document = await DocumentAsync(code, cancellation).ConfigureAwait(false);
        var model = (await document.GetSemanticModelAsync(cancellation).ConfigureAwait(false))!;
        var symbols = SymbolAt.Position(model, position, cancellation);
        return symbols.Count == 0 ? null : SymbolDescription.Of(symbols, model, position, detailed);
    }

    public void Dispose()
    {
        if (workspace.IsValueCreated) workspace.Value.Dispose();
        turn.Dispose();
    }

    private async Task<Document> DocumentAsync(string code, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var (chain, references) = submissions.Snapshot();
            if (projects.Count > chain.Count || projects.Where((known, i) => known.Link != chain[i]).Any()) Clear();
            foreach (var link in chain.Skip(projects.Count)) projects.Add((link, Add(link)));

            var project = ProjectId.CreateNewId();
            var document = DocumentId.CreateNewId(project);
            return workspace.Value.CurrentSolution.AddProject(Info(project, references)).AddDocument(Info(document, SourceText.From(code))).GetDocument(document)!;
        }
        finally
        {
            turn.Release();
        }
    }

    private void Clear()
    {
        workspace.Value.ClearSolution();
        projects.Clear();
    }

    private ProjectId Add(Submissions.Link link)
    {
        var project = ProjectId.CreateNewId();
        var document = DocumentId.CreateNewId(project);
        workspace.Value.AddProject(Info(project, link.References).WithDocuments([Info(document, link.Compilation.SyntaxTrees[0].GetText())]));
        return project;
    }

    private ProjectInfo Info(ProjectId id, IEnumerable<MetadataReference> references) =>
        ProjectInfo.Create(id, VersionStamp.Create(), "cell", $"Cell{projects.Count}", LanguageNames.CSharp, isSubmission: true,
            compilationOptions: submissions.Options, parseOptions: Submissions.ParseOptions, metadataReferences: references,
            projectReferences: projects is [.., var last] ? [new ProjectReference(last.Project)] : []);

    private static DocumentInfo Info(DocumentId id, SourceText text) =>
        DocumentInfo.Create(id, "cell.csx", sourceCodeKind: SourceCodeKind.Script, loader: TextLoader.From(TextAndVersion.Create(text, VersionStamp.Create())));

    // In the words that JupyterLab has icons and colours for.
    private static string Kind(Microsoft.CodeAnalysis.Completion.CompletionItem item) => item.Tags.IsEmpty ? "text" : item.Tags[0] switch
    {
        WellKnownTags.Method or WellKnownTags.ExtensionMethod => "function",
        WellKnownTags.Local or WellKnownTags.Parameter or WellKnownTags.RangeVariable or WellKnownTags.Field => "instance",
        WellKnownTags.Namespace => "module",
        WellKnownTags.Structure => "struct",
        var tag => tag.ToLowerInvariant(),
    };
}
