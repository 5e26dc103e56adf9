using System.Text.Json.Nodes;
using Lab.Abstractions;
using Plotly.NET;

namespace Lab.Extensions.Formatters;

/// <summary>
/// Plotly.NET charts as the figure itself, for front ends that draw it, and as HTML that finds plotly.js without a network:
/// in the page (an exported notebook), or beside the kernelspec on the Jupyter server.
/// </summary>
internal static class ChartFormatter
{
    public const string ScriptFile = "plotly.min.js";

    /// <summary>Draws a figure for light pages; the PNG with half as many pixels again as it has, so that it stays sharp on fine screens.</summary>
    public const string Draw = """
        async function (figure, format) {
          const size = { width: figure.layout.width || 800, height: figure.layout.height || 450 };
          const layout = { ...figure.layout, paper_bgcolor: '#ffffff', font: { ...figure.layout.font, color: '#333333' } };
          return { ...size, url: await Plotly.toImage({ data: figure.data, layout }, { ...size, format, scale: format === 'png' ? 1.5 : 1 }) };
        }
        """;

    public static void Register() =>
        Format.Register<GenericChart>((Format.Plotly, chart => Figure(chart).ToJsonString()), (Format.Html, ToHtml), (Format.Text, ToText));

    public static string ToHtml(GenericChart chart)
    {
        var figure = Figure(chart);
        var height = figure["layout"]?["height"]?.GetValue<double>() ?? 450;
        var id = $"lab-chart-{Guid.NewGuid():N}";
        return $"<div id=\"{id}\" style=\"min-height:{height}px;color:inherit\">{ScriptResource.PicturePlace}</div>\n<script>\n{Loader(id, InScript(figure))}</script>";
    }

    public static string ToText(GenericChart chart)
    {
        var figure = Figure(chart);
        var title = Title(figure["layout"]?["title"]);
        var axes = new[] { "xaxis", "yaxis" }.Select(axis => Title(figure["layout"]?[axis]?["title"])).Where(label => label.Length > 0);
        var series = figure["data"]!.AsArray().Select(trace => trace!["name"]?.ToString() ?? trace["type"]!.ToString()).Distinct();
        return $"Chart{(title.Length > 0 ? $" '{title}'" : "")}{string.Concat(axes.Select((axis, i) => $"{(i == 0 ? ": " : " -> ")}{axis}"))} ({string.Join(", ", series)})";
    }

    private static string Title(JsonNode? title) => (title is JsonObject ? title["text"] : title)?.ToString() ?? "";

    private static JsonObject Figure(GenericChart chart)
    {
        var figure = JsonNode.Parse(GenericChart.toFigureJson(chart))!.AsObject();
        return new JsonObject { ["data"] = figure["data"]!.DeepClone(), ["layout"] = figure["layout"]!.DeepClone() };
    }

    // A figure may hold "</script>" or "<!--"; as escapes they end nothing.
    private static string InScript(JsonNode json) => json.ToJsonString().Replace("<", "\\u003c").Replace("\u2028", "\\u2028").Replace("\u2029", "\\u2029");

    private static string Loader(string id, string figure) => $$"""
        (function () {
          var figure = {{figure}}, box = document.getElementById('{{id}}');
          function draw() {
            box.textContent = '';
            var font = figure.layout.font = figure.layout.font || {};
            if (!font.color || font.color === '#808080') font.color = getComputedStyle(box).color;
            window.Plotly.newPlot(box, figure.data, figure.layout, {responsive: true, displaylogo: false});
          }
          function missing() { if (!box.firstElementChild) box.textContent = 'This chart needs plotly.js, which was found neither in the page nor on the Jupyter server.'; }
          if (window.Plotly) return draw();
          if (!window.labPlotly) window.labPlotly = new Promise(function (done, failed) {
            var config = document.getElementById('jupyter-config-data'), base = document.body.dataset.baseUrl;
            if (!base && config) base = JSON.parse(config.textContent).baseUrl;
            if (!base) return failed();
            // In a page with RequireJS plotly.js would register there and not set window.Plotly: it must not see define.
            fetch(base + 'kernelspecs/lab-csharp/{{ScriptFile}}').then(function (answer) { return answer.ok ? answer.text() : Promise.reject(answer.status); })
              .then(function (source) { new Function('define', 'module', 'exports', source).call(window); done(); }).catch(failed);
          });
          window.labPlotly.then(draw, missing);
        })();

        """;
}
