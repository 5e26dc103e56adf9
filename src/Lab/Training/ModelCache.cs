using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>
/// Trained weights by all that decides them, so that notebooks share models and never use a stale one. A file holds the
/// weights, the key and the history of the training; it appears whole or not at all.
/// </summary>
/// <param name="folder">Made when needed.</param>
public sealed class ModelCache(string folder)
{
    /// <summary>In the user's cache, <see cref="Runtime.LabCache"/>.</summary>
    public static ModelCache Default => new(Path.Combine(Runtime.LabCache.Folder, "models"));

    /// <summary>Where weights of that key lie, or would lie.</summary>
    public string PathOf(string key) => Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}.safetensors");

    /// <summary>Takes the weights of a module from the cache, or trains it and keeps them. Of several processes one trains and the others wait for it.</summary>
    /// <param name="module">With its first weights; in evaluation mode when this returns, disposed when it throws.</param>
    /// <param name="key">All that decides the weights, as text.</param>
    /// <param name="train">Trains the module.</param>
    /// <param name="progress">Told again about the training of long ago, where the weights come from the cache.</param>
    /// <param name="force">Trains even if the cache has the weights.</param>
    /// <param name="cancellation">Ends the waiting for another process.</param>
    /// <returns>The history of the training, and whether that was long ago.</returns>
    internal (IReadOnlyList<TrainingProgress> History, bool FromCache) LoadOrTrain(
        nn.Module module, string key, Func<IReadOnlyList<TrainingProgress>> train, IProgress<TrainingProgress>? progress, bool force = false, CancellationToken cancellation = default)
    {
        try
        {
            if (!force && Load() is { } past) return (past, true);
            using var turn = Wait(key, cancellation);
            if (!force && Load() is { } others) return (others, true);
            var history = train();
            Save(module, key, history);
            return (history, false);
        }
        catch
        {
            module.Dispose();
            throw;
        }

        IReadOnlyList<TrainingProgress>? Load()
        {
            var history = TryLoad(module, key, Console.Error.WriteLine, progress);
            if (history is not null) module.eval();
            return history;
        }
    }

    // An open file that nobody else may open: it is free again when its process ends, however that happens.
    private FileStream Wait(string key, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        while (true)
        {
            try
            {
                return new(PathOf(key) + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            }
            catch (IOException) when (File.Exists(PathOf(key) + ".lock"))
            {
                if (cancellation.WaitHandle.WaitOne(200)) throw new OperationCanceledException(cancellation); // another process trains the same model
            }
        }
    }

    /// <summary>Puts the weights of a key into a module, if they are there and whole.</summary>
    /// <param name="module">Takes them.</param>
    /// <param name="key">All that decides the weights, as text.</param>
    /// <param name="report">Told in one line about a file that is damaged and was deleted.</param>
    /// <param name="progress">Told again about the training.</param>
    /// <returns>The history of the training, or null: not there.</returns>
    public IReadOnlyList<TrainingProgress>? TryLoad(nn.Module module, string key, Action<string> report, IProgress<TrainingProgress>? progress = null)
    {
        var path = PathOf(key);
        if (!File.Exists(path)) return null;
        try
        {
            using var file = Safetensors.Load(path);
            Check(file, key);
            var history = JsonSerializer.Deserialize<List<TrainingProgress>>(file.Metadata.GetValueOrDefault("history", "null"))
                ?? throw new SafetensorsException(path, "it has no history of its training");
            ModuleWeights.Load(module, file);
            foreach (var past in history) progress?.Report(past with { IsPast = true });
            return history;
        }
        catch (Exception damaged) when (damaged is SafetensorsException or JsonException)
        {
            File.Delete(path);
            report($"A trained model in the cache was damaged and is deleted: {damaged.Message}");
            return null;
        }
    }

    /// <summary>Keeps the weights of a module. Several processes may save the same key at the same time: the last one stays.</summary>
    /// <param name="module">Trained.</param>
    /// <param name="key">All that decides the weights, as text.</param>
    /// <param name="history">Of the training.</param>
    public void Save(nn.Module module, string key, IReadOnlyList<TrainingProgress> history)
    {
        Directory.CreateDirectory(folder);
        var tensors = module.state_dict();
        var (path, own) = (PathOf(key), $"{PathOf(key)}.{Guid.NewGuid():N}"); // another process may be saving the same model
        Safetensors.Save(own, tensors, new Dictionary<string, string>
        {
            ["key"] = key,
            ["history"] = JsonSerializer.Serialize(history),
            ["sha256"] = Hash(tensors),
            ["machine"] = $"{Environment.ProcessorCount} processors, {RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.OSDescription}",
        });
        File.Move(own, path, overwrite: true);
    }

    private static void Check(SafetensorsFile file, string key)
    {
        if (file.Metadata.GetValueOrDefault("key") != key) throw new SafetensorsException(file.Path, "it belongs to another key");
        if (file.Metadata.GetValueOrDefault("sha256") != Hash(file.Tensors)) throw new SafetensorsException(file.Path, "its weights are not those that were written: the checksum differs");
    }

    private static string Hash(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, value) in tensors.OrderBy(tensor => tensor.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(value.detach().cpu().contiguous().bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
