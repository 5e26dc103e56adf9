using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>One tensor of the header: bytes [Begin, End) of the data that follow the header.</summary>
internal sealed record SafetensorsEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End)
{
    /// <summary>Bytes that type and shape ask for; -1 when they do not fit into 63 bits.</summary>
    public long ExpectedBytes
    {
        get
        {
            var bytes = (Int128)SafetensorsHeader.ElementSize(Type);
            foreach (var side in Shape)
            {
                bytes *= side;
                if (bytes > long.MaxValue) return -1;
            }
            return (long)bytes;
        }
    }
}

/// <summary>
/// The header of a safetensors file: 8 bytes of length N (little endian), then N bytes of JSON that give every tensor's
/// type, shape and place. Data follow without gaps.
/// </summary>
internal sealed record SafetensorsHeader(IReadOnlyList<SafetensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    private const string MetadataKey = "__metadata__";
    private const long MaxLength = 100_000_000; // the limit of the reference implementation

    private static readonly (string Name, ScalarType Type, int Size)[] types =
    [
        ("F64", ScalarType.Float64, 8), ("I64", ScalarType.Int64, 8), ("F32", ScalarType.Float32, 4), ("I32", ScalarType.Int32, 4),
        ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2), ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1), ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    public static int ElementSize(ScalarType type) => types.First(t => t.Type == type).Size;

    /// <summary>Places tensors in the order of the reference implementation (widest type first, then by name), so each is aligned.</summary>
    public static SafetensorsHeader Plan(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var entries = new List<SafetensorsEntry>();
        var begin = 0L;
        foreach (var (name, tensor) in tensors.OrderByDescending(t => SizeOf(path, t.Key, t.Value.dtype)).ThenBy(t => t.Key, StringComparer.Ordinal))
        {
            if (name == MetadataKey) throw new SafetensorsException(path, $"no tensor can be called '{MetadataKey}', the format reserves that name");
            var entry = new SafetensorsEntry(name, tensor.dtype, tensor.shape, begin, begin);
            entries.Add(entry with { End = begin += entry.ExpectedBytes });
        }
        return new SafetensorsHeader(entries, metadata);
    }

    /// <summary>Length and JSON, padded with spaces to a multiple of 8 bytes.</summary>
    public byte[] ToBytes()
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(writer);

        var length = (json.WrittenCount + 7) / 8 * 8;
        var bytes = new byte[8 + length];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        json.WrittenSpan.CopyTo(bytes.AsSpan(8));
        bytes.AsSpan(8 + json.WrittenCount).Fill((byte)' ');
        return bytes;
    }

    /// <summary>Reads and checks the header; the stream then stands at the first byte of data.</summary>
    /// <exception cref="SafetensorsException">Anything that the format forbids.</exception>
    public static SafetensorsHeader Read(string path, Stream stream)
    {
        if (stream.Length < 8)
            throw new SafetensorsException(path, $"{stream.Length} bytes are too few for a safetensors file, which starts with 8 bytes of header length");
        var prefix = new byte[8];
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(stream.Length - 8))
            throw new SafetensorsException(path, $"the header is said to have {length} bytes, but only {stream.Length - 8} follow: truncated, or not a safetensors file");
        if (length > MaxLength)
            throw new SafetensorsException(path, $"the header is said to have {length} bytes; the format allows {MaxLength}");

        var json = new byte[length];
        stream.ReadExactly(json);
        var header = Parse(path, json);
        CheckPlaces(path, header.Entries, stream.Length - stream.Position);
        return header;
    }

    private static SafetensorsHeader Parse(string path, byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new SafetensorsException(path, $"the header is a JSON {document.RootElement.ValueKind}, expected an object");
            var names = new HashSet<string>();
            var entries = new List<SafetensorsEntry>();
            var metadata = new Dictionary<string, string>();
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name)) throw new SafetensorsException(path, $"the name '{property.Name}' occurs twice in the header");
                if (property.Name == MetadataKey) metadata = ParseMetadata(path, property.Value);
                else entries.Add(ParseEntry(path, property.Name, property.Value));
            }
            return new SafetensorsHeader(entries.OrderBy(e => e.Begin).ThenBy(e => e.End).ToList(), metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: names that are no valid text
        {
            throw new SafetensorsException(path, $"the header is not JSON: {e.Message}", e);
        }
    }

    private static Dictionary<string, string> ParseMetadata(string path, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(p => p.Value.ValueKind != JsonValueKind.String))
            throw new SafetensorsException(path, $"{MetadataKey} must map text to text");
        var metadata = new Dictionary<string, string>();
        foreach (var property in value.EnumerateObject())
            if (!metadata.TryAdd(property.Name, property.Value.GetString()!))
                throw new SafetensorsException(path, $"the name '{property.Name}' occurs twice in {MetadataKey}");
        return metadata;
    }

    private static SafetensorsEntry ParseEntry(string path, string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !value.TryGetProperty("shape", out var shape) || !TryIntegers(shape, out var sides)
            || !value.TryGetProperty("data_offsets", out var offsets) || !TryIntegers(offsets, out var places) || places.Length != 2)
            throw new SafetensorsException(path, $"tensor '{name}' needs a dtype, a shape of sizes and data_offsets [begin, end], got {value.GetRawText()}");

        var type = types.FirstOrDefault(t => t.Name == dtype.GetString());
        if (type.Name is null)
            throw new SafetensorsException(path, $"tensor '{name}' has the unknown dtype '{dtype.GetString()}'; known are {string.Join(", ", types.Select(t => t.Name))}");

        var entry = new SafetensorsEntry(name, type.Type, sides, places[0], places[1]);
        if (entry.ExpectedBytes != entry.End - entry.Begin)
            throw new SafetensorsException(path, $"tensor '{name}' of {type.Name} [{string.Join(", ", sides)}] does not fill its data_offsets [{entry.Begin}, {entry.End}]");
        return entry;
    }

    private static bool TryIntegers(JsonElement array, out long[] values)
    {
        values = [];
        if (array.ValueKind != JsonValueKind.Array) return false;
        var read = new List<long>();
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0) return false;
            read.Add(number);
        }
        values = [.. read];
        return true;
    }

    private static void CheckPlaces(string path, IReadOnlyList<SafetensorsEntry> entries, long dataBytes)
    {
        var end = 0L;
        foreach (var entry in entries)
        {
            if (entry.Begin < end) throw new SafetensorsException(path, $"tensor '{entry.Name}' overlaps the one before it: it begins at {entry.Begin}, that one ends at {end}");
            if (entry.Begin > end) throw new SafetensorsException(path, $"bytes [{end}, {entry.Begin}) before tensor '{entry.Name}' belong to no tensor");
            end = entry.End;
        }
        if (end > dataBytes) throw new SafetensorsException(path, $"the header promises {end} bytes of data, but {dataBytes} follow: truncated");
        if (end < dataBytes) throw new SafetensorsException(path, $"{dataBytes - end} bytes behind the last tensor belong to no tensor");
    }

    private static int SizeOf(string path, string name, ScalarType type)
    {
        var known = types.FirstOrDefault(t => t.Type == type);
        if (known.Name is null)
            throw new SafetensorsException(path, $"tensor '{name}' is {type}, which the format cannot hold; known are {string.Join(", ", types.Select(t => t.Type))}");
        return known.Size;
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Metadata.Count > 0)
        {
            writer.WriteStartObject(MetadataKey);
            foreach (var (key, value) in Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) writer.WriteString(key, value);
            writer.WriteEndObject();
        }
        foreach (var entry in Entries)
        {
            writer.WriteStartObject(entry.Name);
            writer.WriteString("dtype", types.First(t => t.Type == entry.Type).Name);
            writer.WriteStartArray("shape");
            foreach (var side in entry.Shape) writer.WriteNumberValue(side);
            writer.WriteEndArray();
            writer.WriteStartArray("data_offsets");
            writer.WriteNumberValue(entry.Begin);
            writer.WriteNumberValue(entry.End);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }
}
