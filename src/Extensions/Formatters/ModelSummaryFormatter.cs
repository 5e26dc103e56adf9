using Lab.Metrics;

namespace Lab.Extensions.Formatters;

/// <summary>Model summaries: a row per layer, and the whole below.</summary>
internal static class ModelSummaryFormatter
{
    private const int MostLayers = 200;

    public static void Register() => Format.Register<ModelSummary>(
        (Format.Html, summary => Markup.Output($"<b>{Markup.Escape(summary.Model)}</b>{Table(summary).ToHtml()}<div class=\"faint\">{Whole(summary)}</div>")),
        (Format.Text, summary => $"{summary.Model}\n{Table(summary).ToText()}\n{Whole(summary)}"));

    private static Table Table(ModelSummary summary) => new(
        [new("layer"), new("type"), new("output"), new("parameters", true), new("MACs, weights", true), new("MACs, products", true)],
        [.. summary.Layers.Take(MostLayers).Select(layer => new Cell[]
        {
            layer.Name.Length > 0 ? layer.Name : "(model)", layer.Type, string.Join('×', layer.OutputShape),
            CountOrNothing(layer.Parameters), CountOrNothing(layer.Macs.Weights), CountOrNothing(layer.Macs.Products),
        })]);

    private static string Whole(ModelSummary summary)
    {
        var more = summary.Layers.Count > MostLayers ? $"first {MostLayers} of {summary.Layers.Count} layers; " : "";
        var frozen = summary.Parameters - summary.TrainableParameters;
        return $"{more}{Format.Count(summary.Parameters)} parameters{(frozen > 0 ? $" ({Format.Count(frozen)} frozen)" : "")}, "
            + $"{Format.Count(summary.Macs.Weights)} MACs in linear layers and convolutions, {Format.Count(summary.Macs.Total)} with the products between activations";
    }

    private static string CountOrNothing(long count) => count == 0 ? "" : Format.Count(count);
}
