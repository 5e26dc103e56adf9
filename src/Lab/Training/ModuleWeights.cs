using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>Loads weights into a module by their state-dict names.</summary>
public static class ModuleWeights
{
    /// <summary>Loads <paramref name="path"/> into <paramref name="module"/>; see the other overload.</summary>
    public static void Load(nn.Module module, string path, string prefix = "")
    {
        using var file = Safetensors.Load(path);
        Load(module, file, prefix);
    }

    /// <summary>
    /// Copies the file's weights into the module, whatever its device. All or nothing: every parameter and persistent buffer
    /// needs its tensor, every tensor under <paramref name="prefix"/> its parameter.
    /// </summary>
    /// <param name="module">Takes the weights.</param>
    /// <param name="file">Gives them.</param>
    /// <param name="prefix">Stands in the file before the module's names; tensors without it are not looked at.</param>
    /// <exception cref="SafetensorsException">
    /// Lists every name that is missing or unexpected, every shape or type that differs, and every weight that is not finite.
    /// The module is then as it was.
    /// </exception>
    public static void Load(nn.Module module, SafetensorsFile file, string prefix = "")
    {
        var targets = module.state_dict();
        var sources = file.Tensors.Where(t => t.Key.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(t => t.Key[prefix.Length..], t => t.Value);

        var problems = Problems(targets, sources);
        if (problems.Count > 0)
            throw new SafetensorsException(file.Path, $"the weights do not fit {module.GetName()}:\n  {string.Join("\n  ", problems)}");

        using var noGrad = no_grad();
        foreach (var (name, target) in targets) target.copy_(sources[name]);
    }

    private static List<string> Problems(Dictionary<string, Tensor> targets, Dictionary<string, Tensor> sources)
    {
        var problems = new List<string>();
        problems.AddRange(targets.Keys.Except(sources.Keys).Order(StringComparer.Ordinal).Select(name => $"missing: {name} {Text(targets[name])}"));
        problems.AddRange(sources.Keys.Except(targets.Keys).Order(StringComparer.Ordinal).Select(name => $"unexpected: {name} {Text(sources[name])}"));
        foreach (var (name, target) in targets)
        {
            if (!sources.TryGetValue(name, out var source)) continue;
            if (!source.shape.SequenceEqual(target.shape) || source.is_floating_point() != target.is_floating_point())
                problems.Add($"different: {name} is {Text(source)} in the file, {Text(target)} in the module");
            else if (CountNonFinite(source) is > 0 and var count)
                problems.Add($"not finite: {name} {Text(source)} has {count} values that are NaN or infinite");
        }
        return problems;
    }

    private static long CountNonFinite(Tensor tensor)
    {
        if (!tensor.is_floating_point()) return 0;
        using var scope = NewDisposeScope();
        return tensor.numel() - tensor.isfinite().sum().item<long>();
    }

    private static string Text(Tensor tensor) => $"{tensor.dtype} [{string.Join(", ", tensor.shape)}]";
}
