using System.Text.Json;

namespace Lab.Runs;

/// <summary>One run of a sweep: a notebook with some of its parameters set.</summary>
/// <param name="Folder">Where its results are, below the sweep's folder.</param>
/// <param name="Notebook">Path of the notebook, relative to the sweep's folder.</param>
/// <param name="CodeHash">Of the notebook's code: with other code it would be another run.</param>
/// <param name="Parameters">As they were asked for.</param>
public sealed record SweepRun(string Folder, string Notebook, string CodeHash, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The record of the run once it has ended, below the sweep's folder.</summary>
    public string RecordPath => Path.Combine(Folder, "run.json");

    /// <summary>File name of the notebook without extension.</summary>
    public string Name => Path.GetFileNameWithoutExtension(Notebook);
}

/// <summary>A sweep as its manifest, <c>sweep.json</c>, has it: what was asked for, not what became of it.</summary>
/// <param name="Parameters">Values of every parameter of the grid.</param>
/// <param name="Runs">Every notebook with every point of the grid.</param>
public sealed record Sweep(IReadOnlyDictionary<string, IReadOnlyList<string>> Parameters, IReadOnlyList<SweepRun> Runs)
{
    /// <summary>The manifest's file name.</summary>
    public const string FileName = "sweep.json";

    private static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, IgnoreReadOnlyProperties = true };

    /// <summary>The manifest's bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, options);

    /// <summary>Reads a manifest.</summary>
    /// <param name="folder">The sweep's.</param>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="FormatException">It is not the manifest of a sweep.</exception>
    public static Sweep Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no sweep in {folder}: it has no {FileName}.", path);
        try
        {
            return JsonSerializer.Deserialize<Sweep>(File.ReadAllBytes(path), options) ?? throw new FormatException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"{path} is not the manifest of a sweep: {e.Message}", e);
        }
    }
}
