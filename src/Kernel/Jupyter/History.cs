using System.IO.Enumeration;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>
/// The code of cells, of this session and of those before it, as consoles recall it with the arrow keys. Each is a line of
/// JSON in a file that all kernels of a user append to.
/// </summary>
internal sealed class History
{
    private readonly Lock turn = new();
    private readonly List<Entry> entries = [];
    private readonly string? path;
    private readonly int session;

    /// <param name="path">Of the file; null keeps this session alone, in memory.</param>
    public History(string? path)
    {
        this.path = path;
        if (path is not null && File.Exists(path)) entries.AddRange(File.ReadLines(path).Select(Parse).OfType<Entry>());
        session = entries.Count == 0 ? 1 : entries.Max(entry => entry.Session) + 1;
    }

    /// <summary>For all kernels of this user.</summary>
    public static string UserPath =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "lab", "history.jsonl");

    /// <summary>Adds a cell.</summary>
    /// <param name="line">Its number in this session.</param>
    /// <param name="source">Its code.</param>
    public void Add(int line, string source)
    {
        var entry = new Entry(session, line, source);
        lock (turn)
        {
            entries.Add(entry);
            if (path is null) return;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.AppendAllText(path, JsonSerializer.Serialize(entry) + "\n");
        }
    }

    /// <summary>Adds the plain text of a cell's result; it is kept for this session only.</summary>
    public void AddOutput(int line, string text)
    {
        lock (turn)
        {
            var last = entries.FindLastIndex(entry => entry.Session == session && entry.Line == line);
            if (last >= 0) entries[last] = entries[last] with { Output = text };
        }
    }

    /// <summary>Answers a <c>history_request</c>.</summary>
    /// <exception cref="WireFormatException">It asks in a way that is not known.</exception>
    public JsonObject Answer(JsonObject request)
    {
        Entry[] all;
        lock (turn) all = [.. entries];
        IEnumerable<Entry> found = request.Text("hist_access_type") switch
        {
            "tail" => all.TakeLast(request.Number("n", int.MaxValue)),
            "range" => Range(all, request.Number("session", 0), request.Number("start", 0), request.Number("stop", int.MaxValue)),
            "search" => Search(all, request["pattern"] is null ? "*" : request.Text("pattern"), request.Flag("unique", false)).TakeLast(request.Number("n", int.MaxValue)),
            var type => throw new WireFormatException($"\"hist_access_type\" must be tail, range or search, not {type}"),
        };
        var withOutput = request.Flag("output", false);
        return new() { ["status"] = "ok", ["history"] = new JsonArray([.. found.Select(entry => entry.ToJson(withOutput))]) };
    }

    // 0 is this session, -1 the one before; start and stop are cell numbers, stop exclusive.
    private IEnumerable<Entry> Range(Entry[] all, int which, int start, int stop)
    {
        var asked = which > 0 ? which : session + which;
        return all.Where(entry => entry.Session == asked && entry.Line >= start && entry.Line < stop);
    }

    private static IEnumerable<Entry> Search(Entry[] all, string pattern, bool unique)
    {
        var found = all.Where(entry => FileSystemName.MatchesSimpleExpression(pattern, entry.Source, ignoreCase: false));
        return unique ? found.Reverse().DistinctBy(entry => entry.Source).Reverse() : found;
    }

    // A line that another program has spoilt costs nobody their history.
    private static Entry? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Entry>(line);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Entry(int Session, int Line, string Source)
    {
        [System.Text.Json.Serialization.JsonIgnore]
        public string? Output { get; init; }

        public JsonNode ToJson(bool withOutput) => new JsonArray(Session, Line, withOutput ? new JsonArray(Source, Output) : JsonValue.Create(Source));
    }
}
