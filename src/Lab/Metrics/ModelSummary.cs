using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>One part of a model, its children not counted.</summary>
/// <param name="Name">In the state dict; empty for the model itself.</param>
/// <param name="Type">E.g. <c>Linear</c>.</param>
/// <param name="OutputShape">Of its last call.</param>
/// <param name="Parameters">Numbers it owns, frozen ones included.</param>
/// <param name="Macs">Of all its calls.</param>
public sealed record LayerSummary(string Name, string Type, IReadOnlyList<long> OutputShape, long Parameters, MacCount Macs);

/// <summary>What a model consists of and costs, measured by one forward pass.</summary>
/// <param name="Model">Its type.</param>
/// <param name="Layers">The parts that do something of their own, in the order of the state dict.</param>
/// <param name="Parameters">Of the whole model.</param>
/// <param name="TrainableParameters">Those that require a gradient.</param>
/// <param name="Macs">Of one forward pass.</param>
public sealed record ModelSummary(string Model, IReadOnlyList<LayerSummary> Layers, long Parameters, long TrainableParameters, MacCount Macs)
{
    /// <summary>Summarises a model; it is left in the mode it was in.</summary>
    /// <param name="model">From one tensor to another.</param>
    /// <param name="input">One that it takes.</param>
    public static ModelSummary Of(nn.Module<Tensor, Tensor> model, Tensor input)
    {
        var calls = new Dictionary<string, LayerSummary>();
        ModuleCalls.Observe(model, input, (name, part, inputShape, outputShape) =>
        {
            var earlier = calls.GetValueOrDefault(name)?.Macs ?? default; // a part may be called several times
            calls[name] = new(name, TypeOf(part), outputShape, OwnParameters(part), earlier + MacCounter.Of(part, inputShape, outputShape));
        });

        var parameters = model.parameters().ToArray();
        return new(
            TypeOf(model),
            [.. ModuleCalls.Parts(model).Where(p => calls.ContainsKey(p.Name) && Matters(p.Part, calls[p.Name])).Select(p => calls[p.Name])],
            parameters.Sum(p => p.numel()),
            parameters.Where(p => p.requires_grad).Sum(p => p.numel()),
            calls.Values.Aggregate(default(MacCount), (sum, layer) => sum + layer.Macs));
    }

    private static bool Matters(nn.Module part, LayerSummary layer) =>
        layer.Parameters > 0 || layer.Macs.Total > 0 || !part.named_children().Any();

    private static long OwnParameters(nn.Module part) => part.named_parameters(recurse: false).Sum(p => p.parameter.numel());

    private static string TypeOf(nn.Module part) => part.GetType().Name;
}
