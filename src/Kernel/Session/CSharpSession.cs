using System.Reflection;
using Lab.Abstractions;
using Lab.Kernel.Language;

namespace Lab.Kernel.Session;

/// <summary>
/// Runs C# cells, each on top of what the cells before have declared. Usually one after another; a cell that is run while
/// another runs, as subshells do, sees the variables of that cell as they are.
/// </summary>
public sealed class CSharpSession : IAsyncDisposable
{
    private static readonly string[] usings =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks",
        "Microsoft.DotNet.Interactive.Formatting", "Lab.Abstractions", "Lab.Kernel.Session.Surface",
    ];

    private readonly SessionOptions options;
    private readonly List<INotebookExtension> extensions;
    private readonly Submissions submissions;
    private readonly Magics magics;
    private readonly LanguageService language;
    private readonly List<string> packageSources = [];

    /// <exception cref="ArgumentException">An extension assembly without <see cref="NotebookExtensionAttribute"/>.</exception>
    public CSharpSession(SessionOptions options)
    {
        this.options = options;
        InjectedParameters = options.InjectedParameters;
        Comms = new Comms(options.Comms);
        extensions = [.. options.Extensions.Select(CreateExtension)];
        foreach (var extension in extensions) extension.Load();
        submissions = new Submissions(extensions.SelectMany(e => e.References), usings.Concat(extensions.SelectMany(e => e.Imports).Select(ImportName)).Distinct());
        magics = new Magics(extensions.SelectMany(e => e.Magics), options.WorkingDirectory);
        language = new LanguageService(submissions);
        ConsoleRouter.Install();
        ConsoleInput.Install();
        StrayExceptions.Install();
    }

    internal TimeSpan LeaveAfter => options.LeaveAfter;

    /// <summary>Scripts that outputs of the loaded extensions need.</summary>
    public IReadOnlyList<ScriptResource> Scripts => [.. extensions.SelectMany(e => e.Scripts)];

    /// <summary>What the loaded extensions tell about the libraries and devices they run with.</summary>
    public IReadOnlyDictionary<string, string> Environment => extensions.SelectMany(e => e.Environment).DistinctBy(fact => fact.Key).ToDictionary();

    internal Comms Comms { get; }

    /// <summary>Parameters set from outside, by name, as C# text.</summary>
    public IReadOnlyDictionary<string, string> InjectedParameters { get; set; }

    /// <summary>The variables in order of declaration; a name declared again appears once, with its last value.</summary>
    public IReadOnlyList<NotebookVariable> Variables =>
        [.. submissions.Variables.Select(v => new NotebookVariable(v.Field.Name, v.Field.FieldType, v.Field.GetValue(v.State)))];

    /// <summary>Gives a variable another value, in the cell that declared it and in all that read it.</summary>
    internal void Assign(string name, object? value)
    {
        var (field, state) = submissions.Variables.FirstOrDefault(v => v.Field.Name == name);
        if (field is null) throw new KeyNotFoundException($"There is no variable {name}.");
        field.SetValue(state, value);
    }

    /// <summary>Forgets what all cells have declared. What was referenced stays.</summary>
    internal void Reset() => submissions.Clear();

    /// <summary>Whether a cell can run as it stands, judged by its syntax alone.</summary>
    public Completeness CheckComplete(string code)
    {
        foreach (var part in CellParts.Of(code.ReplaceLineEndings("\n")))
        {
            if (part is CellPart.Magic magic) return magics.CheckComplete(magic, CheckComplete);
            if (part is CellPart.Code block && Completeness.Of(block.Text) is { Status: not CompletenessStatus.Complete } open) return open;
        }

        return new(CompletenessStatus.Complete);
    }

    /// <summary>Loads what every session compiles with. Needs no session, so it can go beside the making of the first.</summary>
    internal static Task WarmUpCompilerAsync() => Task.Run(() => new Submissions([], usings).Compile("0", "warm-up").RunAsync());

    /// <summary>Does what makes first times slow, so that the user's first cell need not.</summary>
    internal Task WarmUpAsync() => submissions.Compile("0", "warm-up").RunAsync();

    /// <summary>The same for the first completion: a second or two of a processor.</summary>
    internal Task WarmUpLanguageAsync() => language.CompleteAsync("Console.Wr", 10, CancellationToken.None);

    /// <summary>What can stand at a place in a cell.</summary>
    /// <param name="code">The cell's source, magics included.</param>
    /// <param name="position">In UTF-16 units, from 0 to the length of the code.</param>
    /// <param name="cancellation">Ends the search.</param>
    public Task<Completions> CompleteAsync(string code, int position, CancellationToken cancellation = default) =>
        magics.Complete(code, position) is { } names ? Task.FromResult(names) : language.CompleteAsync(CellParts.WithoutMagics(code), position, cancellation);

    /// <summary>What is known about the name at a place in a cell, or about the method whose arguments stand there.</summary>
    /// <param name="code">The cell's source, magics included.</param>
    /// <param name="position">In UTF-16 units, from 0 to the length of the code.</param>
    /// <param name="detailed">With parameters, return value, exceptions and remarks.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <returns>Plain text and Markdown; null if nothing is known.</returns>
    public Task<Inspection?> InspectAsync(string code, int position, bool detailed, CancellationToken cancellation = default) =>
        magics.Inspect(code, position) is { } magic ? Task.FromResult<Inspection?>(magic) : language.InspectAsync(CellParts.WithoutMagics(code), position, detailed, cancellation);

    /// <summary>Runs a cell. Outputs, an error included, go to the sink while it runs.</summary>
    /// <param name="code">The cell's source, magics included.</param>
    /// <param name="cellName">What errors call the cell, e.g. <c>Cell [7]</c>.</param>
    /// <param name="sink">Takes the outputs, from any thread.</param>
    /// <param name="cancellation">The cell's code sees it as <see cref="INotebookContext.Cancellation"/>.</param>
    /// <param name="input">Answers what the cell asks; null where nobody can.</param>
    /// <param name="cellId">Names the cell in all its runs; null if it is not known.</param>
    public Task<CellResult> ExecuteAsync(
        string code, string cellName, IOutputSink sink, CancellationToken cancellation = default, IUserInput? input = null, string? cellId = null) =>
        RunCellAsync(code.ReplaceLineEndings("\n"), new CellContext(this, cellName, new OrderedSink(sink), input, cancellation) { CellId = cellId });

    /// <summary>The value of an expression; what it prints is not shown.</summary>
    /// <param name="expression">C#.</param>
    /// <param name="cancellation">An interrupt.</param>
    /// <returns>A <see cref="ResultOutput"/> or an <see cref="ErrorOutput"/>.</returns>
    public async Task<CellOutput> EvaluateAsync(string expression, CancellationToken cancellation = default)
    {
        var outputs = new LastOutput();
        await ExecuteAsync(expression, "Expression", outputs, cancellation).ConfigureAwait(false);
        return outputs.Last ?? new ErrorOutput("NoValue", $"{expression} has no value.", []);
    }

    /// <summary>Runs a handler of the notebook's own, e.g. of a comm, whose outputs go to a sink. What it throws is told on stderr.</summary>
    internal async Task HandleAsync(string name, IOutputSink sink, Action handler, CancellationToken cancellation)
    {
        var context = new CellContext(this, name, new OrderedSink(sink), null, cancellation);
        var run = Task.Run(() =>
        {
            context.Enter();
            try
            {
                handler();
            }
            catch (Exception exception) // the front end has no cell to show it in
            {
                var lines = exception is CellStoppedException ? ["It was interrupted."] : CellError.Of(exception, name, "").Traceback;
                Console.Error.WriteLine($"{name} failed.\n{string.Join('\n', lines)}");
            }
        }, CancellationToken.None);
        if (!await context.Run.EndsAsync(run).ConfigureAwait(false))
            context.Sink.Write(new StreamOutput("stderr", $"{name} was interrupted inside a call that cannot be ended from outside, and was left behind.\n"));
    }

    private static async Task<CellResult> RunCellAsync(string code, CellContext context)
    {
        var run = context.Run.StartAsync(() => RunInAsync(code, context));
        if (await context.Run.EndsAsync(run).ConfigureAwait(false)) return await run.ConfigureAwait(false);

        var left = CellInterruption.OfAbandoned(context.Run.IsOnThread, context.CellName, Checkpoint.LineOf(context.Submission));
        context.Sink.Write(left);
        return new CellResult(left, Interrupted: true);
    }

    private static async Task<CellResult> RunInAsync(string code, CellContext context)
    {
        context.Enter();
        try
        {
            await context.Session.RunPartsAsync(code, context).ConfigureAwait(false);
            return new CellResult(null);
        }
        catch (Exception exception) // whatever a cell throws is the cell's error
        {
            var stopped = context.Cancellation.IsCancellationRequested ? CellInterruption.LayerOf(exception) : null;
            var error = stopped is { } layer ? CellInterruption.Of(layer, exception) : CellError.Of(exception, context.CellName, code);
            if (!context.Run.IsAbandoned) context.Sink.Write(error);
            return new CellResult(error, stopped is not null);
        }
    }

    internal async Task RunPartsAsync(string code, CellContext context)
    {
        var parts = CellParts.Of(code).ToList();
        foreach (var part in parts)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            switch (part)
            {
                case CellPart.Reference reference: await AddReferenceAsync(reference.Target, context.Cancellation).ConfigureAwait(false); break;
                case CellPart.PackageSource source: packageSources.Add(PackageRestore.Source(source.Target, options.WorkingDirectory)); break;
                case CellPart.Magic magic: await magics.RunAsync(magic, context).ConfigureAwait(false); break;
                case CellPart.Code block: await RunCodeAsync(block.Text, context, isLast: part == parts[^1]).ConfigureAwait(false); break;
            }
        }
    }

    private async Task RunCodeAsync(string code, CellContext context, bool isLast)
    {
        var submission = submissions.Compile(code, context.CellName);
        context.Submission = submission.Number;
        var value = await context.Run.StartAsync(submission.RunAsync).ConfigureAwait(false);
        if (!submission.HasResult || context.Run.IsAbandoned) return;
        var bundle = MimeBundle.Of(value);
        context.Sink.Write(isLast ? new ResultOutput(bundle) : new DisplayOutput(bundle, null));
    }

    private async Task AddReferenceAsync(string target, CancellationToken cancellation)
    {
        if (target.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase))
        {
            var request = target["nuget:".Length..];
            var files = await PackageRestore.ResolveAsync(request, packageSources, cancellation).ConfigureAwait(false);
            submissions.AddReferences(files);

            // Of what was asked for by name, not of all that it depends on; TorchSharp-cpu and the like mean TorchSharp.
            var name = request.Split(',')[0].Trim().Split('-')[0];
            foreach (var file in files.Runtime.Where(file => Path.GetFileNameWithoutExtension(file).Equals(name, StringComparison.OrdinalIgnoreCase))) TellOfNewer(file);
            return;
        }

        var path = Path.GetFullPath(target, options.WorkingDirectory);
        if (!File.Exists(path)) throw new MagicException($"#r \"{target}\": there is no file {path}.");
        submissions.AddReference(path);
        TellOfNewer(path);
    }

    private static void TellOfNewer(string path)
    {
        if (SessionLoadContext.NewerThan(path) is { } sentence) Console.Error.WriteLine(sentence);
    }

    // The compiler imports a type's members when it is given a type's name; the word static is for the reader.
    private static string ImportName(string import) => import.StartsWith("static ", StringComparison.Ordinal) ? import["static ".Length..] : import;

    private static INotebookExtension CreateExtension(Assembly assembly)
    {
        var attribute = assembly.GetCustomAttribute<NotebookExtensionAttribute>()
            ?? throw new ArgumentException($"{assembly.GetName().Name} is no extension: it has no assembly attribute {nameof(NotebookExtensionAttribute)}.");
        return (INotebookExtension)Activator.CreateInstance(attribute.Type)!;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        language.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Keeps a result or an error.</summary>
    private sealed class LastOutput : IOutputSink
    {
        public CellOutput? Last { get; private set; }

        public void Write(CellOutput output)
        {
            if (output is ResultOutput or ErrorOutput) Last = output;
        }
    }

    /// <summary>A cell's threads put out one at a time.</summary>
    private sealed class OrderedSink(IOutputSink sink) : IOutputSink
    {
        private readonly Lock turn = new();

        public void Write(CellOutput output)
        {
            lock (turn) sink.Write(output);
        }
    }
}
