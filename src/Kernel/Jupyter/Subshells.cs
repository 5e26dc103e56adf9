using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Lab.Kernel.Jupyter;

/// <summary>Further queues beside the shell's, so that front ends get answers while a cell runs.</summary>
/// <remarks>Source: Jupyter enhancement proposal 91.</remarks>
internal sealed class Subshells(Action<Request> serve)
{
    private readonly ConcurrentDictionary<string, Worker> workers = [];

    public JsonObject Create()
    {
        var id = Guid.NewGuid().ToString();
        workers[id] = new Worker($"subshell {id}", serve);
        return new() { ["status"] = "ok", ["subshell_id"] = id };
    }

    /// <exception cref="WireFormatException">There is no such subshell.</exception>
    public JsonObject Delete(string id)
    {
        if (!workers.TryRemove(id, out var worker)) throw Unknown(id);
        worker.Stop();
        return new() { ["status"] = "ok" };
    }

    public JsonObject List() => new() { ["status"] = "ok", ["subshell_id"] = new JsonArray([.. workers.Keys.Order(StringComparer.Ordinal).Select(id => JsonValue.Create(id))]) };

    public bool Contains(string id) => workers.ContainsKey(id);

    /// <returns>False: there is no such subshell.</returns>
    public bool TryAdd(string id, Request request)
    {
        if (!workers.TryGetValue(id, out var worker)) return false;
        worker.Add(request);
        return true;
    }

    public static WireFormatException Unknown(string id) => new($"there is no subshell {id}");
}
