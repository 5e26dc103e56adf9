using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>What a safetensors file holds. Owns its tensors.</summary>
/// <param name="Path">Where it was read.</param>
/// <param name="Tensors">By name, on the CPU.</param>
/// <param name="Metadata">The file's own notes, text by text.</param>
public sealed record SafetensorsFile(
    string Path, IReadOnlyDictionary<string, Tensor> Tensors, IReadOnlyDictionary<string, string> Metadata) : IDisposable
{
    /// <summary>The tensor of that name, still owned by the file.</summary>
    /// <exception cref="SafetensorsException">The file has no such tensor.</exception>
    public Tensor this[string name] => Tensors.TryGetValue(name, out var tensor) ? tensor
        : throw new SafetensorsException(Path, $"no tensor is called '{name}'; there are {string.Join(", ", Tensors.Keys)}");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors.Values) tensor.Dispose();
    }
}

/// <summary>
/// Reads and writes weights in the safetensors format: a JSON header, then raw little-endian data. Unlike pickle it cannot run code.
/// </summary>
/// <remarks>Source: github.com/huggingface/safetensors, section "Format" of its README.</remarks>
public static class Safetensors
{
    private const long ChunkBytes = 1 << 28; // a span counts its bytes in an int; large tensors go through in pieces

    /// <summary>Reads every tensor straight into its memory.</summary>
    /// <exception cref="SafetensorsException">The file is malformed; the message names the file and the cause.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static SafetensorsFile Load(string path)
    {
        using var stream = File.OpenRead(path);
        var header = SafetensorsHeader.Read(path, stream);
        var tensors = new Dictionary<string, Tensor>();
        try
        {
            foreach (var entry in header.Entries)
            {
                var tensor = empty(entry.Shape, entry.Type).DetachFromDisposeScope();
                tensors.Add(entry.Name, tensor);
                ForEachChunk(tensor, stream.ReadExactly);
            }
        }
        catch
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw;
        }
        return new SafetensorsFile(path, tensors, header.Metadata);
    }

    /// <summary>
    /// Writes tensors of any device. The file appears whole or not at all: a crash in the middle leaves the old file and
    /// a <c>.tmp</c> beside it that nobody reads. The same input gives the same bytes.
    /// </summary>
    /// <exception cref="SafetensorsException">The format has no place for a tensor's type or name.</exception>
    public static void Save(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var header = SafetensorsHeader.Plan(path, tensors, metadata ?? new Dictionary<string, string>());
        var temporary = path + ".tmp";
        try
        {
            Write(temporary, header, tensors);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static void Write(string path, SafetensorsHeader header, IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None);
        stream.Write(header.ToBytes());
        foreach (var entry in header.Entries)
        {
            using var scope = NewDisposeScope();
            ForEachChunk(tensors[entry.Name].detach().cpu().contiguous(), bytes => stream.Write(bytes));
        }
        stream.Flush(flushToDisk: true);
    }

    private static void ForEachChunk(Tensor tensor, Action<Span<byte>> action)
    {
        if (tensor.numel() == 0) return;
        using var flat = tensor.view(-1);
        var step = ChunkBytes / tensor.element_size();
        for (var start = 0L; start < flat.numel(); start += step)
        {
            using var chunk = flat.narrow(0, start, Math.Min(step, flat.numel() - start));
            action(chunk.bytes);
        }
    }
}
