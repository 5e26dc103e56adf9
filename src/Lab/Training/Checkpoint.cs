using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>
/// A <see cref="TrainingState"/> in a safetensors file: the module under <c>model.</c>, the optimiser's moments and the moving
/// average by parameter name, step and recipe as metadata. The model's part loads as any other weights.
/// </summary>
internal static class Checkpoint
{
    public const string Model = "model.";
    private const string LossSum = "loss_sum";

    public static void Save(string path, TrainingState state, string recipe)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        using var scope = NewDisposeScope();
        var tensors = state.Module.state_dict().ToDictionary(t => Model + t.Key, t => t.Value);
        foreach (var (part, flat) in Parts(state))
            foreach (var (name, view) in state.Parameters.Split(flat)) tensors.Add(part + name, view);
        tensors.Add(LossSum, state.LossSum);

        Safetensors.Save(path, tensors, new Dictionary<string, string>
        {
            ["step"] = state.Step.ToString(CultureInfo.InvariantCulture),
            ["loss_steps"] = state.LossSteps.ToString(CultureInfo.InvariantCulture),
            ["recipe"] = recipe,
        });
    }

    /// <summary>Puts the state where it was when the file was written.</summary>
    /// <exception cref="CheckpointMismatchException">The file belongs to a run with another recipe.</exception>
    /// <exception cref="SafetensorsException">The file is malformed, or of another model.</exception>
    public static void Load(string path, TrainingState state, string recipe)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var file = Safetensors.Load(path);
        CheckRecipe(file, recipe);

        ModuleWeights.Load(state.Module, file, Model);
        foreach (var (part, flat) in Parts(state))
            foreach (var (name, view) in state.Parameters.Split(flat)) view.copy_(file[part + name]);
        state.LossSum.copy_(file[LossSum]);
        state.LossSteps = Number(file, "loss_steps");
        state.Step = Number(file, "step");
    }

    private static IEnumerable<(string Part, Tensor Flat)> Parts(TrainingState state)
    {
        yield return ("exp_avg.", state.Optimizer.FirstMoment);
        yield return ("exp_avg_sq.", state.Optimizer.SecondMoment);
        if (state.Average is not null) yield return ("ema.", state.Average.Values);
    }

    private static long Number(SafetensorsFile file, string key) =>
        file.Metadata.TryGetValue(key, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new SafetensorsException(file.Path, $"the metadata have no number '{key}': not a checkpoint of a training run");

    private static void CheckRecipe(SafetensorsFile file, string recipe)
    {
        if (!file.Metadata.TryGetValue("recipe", out var saved))
            throw new SafetensorsException(file.Path, "the metadata have no recipe: not a checkpoint of a training run");
        if (saved == recipe) return;
        using var was = JsonDocument.Parse(saved);
        using var wanted = JsonDocument.Parse(recipe);
        throw new CheckpointMismatchException(file.Path, Differences("", was.RootElement, wanted.RootElement).ToList());
    }

    private static IEnumerable<string> Differences(string at, JsonElement was, JsonElement wanted)
    {
        if (was.ValueKind != JsonValueKind.Object || wanted.ValueKind != JsonValueKind.Object)
            return was.GetRawText() == wanted.GetRawText() ? [] : [$"{at} was {was.GetRawText()}, is {wanted.GetRawText()}"];
        return was.EnumerateObject().Concat(wanted.EnumerateObject()).Select(p => p.Name).Distinct()
            .SelectMany(name => Differences(at.Length == 0 ? name : $"{at}.{name}", Child(was, name), Child(wanted, name)));
    }

    private static JsonElement Child(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var child) ? child : JsonElement.Parse("null");
}

/// <summary>A checkpoint was written by a run with other options; going on from it would give numbers of neither.</summary>
public sealed class CheckpointMismatchException : Exception
{
    internal CheckpointMismatchException(string path, IReadOnlyList<string> differences)
        : base($"{path} belongs to a run with other options: {string.Join("; ", differences)}. Use those options, another {nameof(TrainingOptions.CheckpointPath)}, or delete the file to start anew.")
    {
    }
}
