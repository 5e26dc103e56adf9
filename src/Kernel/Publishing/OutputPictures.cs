using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lab.Abstractions;
using Lab.Kernel.Html;

namespace Lab.Kernel.Publishing;

/// <summary>A still picture of an output.</summary>
/// <param name="Png">As base64.</param>
/// <param name="Preview">The same as a data URL of a smaller format.</param>
/// <param name="Width">In CSS pixels.</param>
/// <param name="Height">In CSS pixels.</param>
internal sealed record OutputPicture(string Png, string Preview, int Width, int Height);

/// <summary>Draws outputs that a script of an extension draws in a page: all at once, in one browser and without a network.</summary>
internal static partial class OutputPictures
{
    private const string PngPrefix = "data:image/png;base64,";

    /// <param name="outputs">MIME type and data; each type has a script with a drawing function.</param>
    /// <param name="scripts">What the types need.</param>
    /// <param name="browser">Draws.</param>
    /// <param name="cancellation">Ends the browser.</param>
    /// <exception cref="PublicationException">An output cannot be drawn, or the browser fails.</exception>
    public static async Task<IReadOnlyList<OutputPicture>> DrawAsync(
        IReadOnlyList<(string MimeType, JsonNode Data)> outputs, IReadOnlyList<ScriptResource> scripts, Chromium browser, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("lab-pictures-");
        try
        {
            var page = Path.Combine(folder.FullName, "pictures.html");
            await File.WriteAllTextAsync(page, Page(outputs, scripts), Encoding.UTF8, cancellation).ConfigureAwait(false);
            var drawn = Drawn().Match(await browser.RenderAsync(page, cancellation).ConfigureAwait(false));
            if (!drawn.Success) throw new PublicationException("The browser gave the page back before it was drawn.");
            return [.. JsonNode.Parse(WebUtility.HtmlDecode(drawn.Groups[1].Value))!.AsArray().Select((picture, i) => Read(picture!, outputs[i].MimeType))];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static OutputPicture Read(JsonNode picture, string mimeType)
    {
        if ((string?)picture["error"] is { } error) throw new PublicationException($"An output of type {mimeType} cannot be drawn: {error}");
        var url = (string)picture["png"]!["url"]!;
        if (!url.StartsWith(PngPrefix, StringComparison.Ordinal))
            throw new PublicationException($"The script for {mimeType} was asked for a PNG and gave '{url[..Math.Min(url.Length, 40)]}'.");
        var png = IndexedPng.Of(Convert.FromBase64String(url[PngPrefix.Length..]));
        return new(Convert.ToBase64String(png), (string)picture["webp"]!["url"]!, (int)picture["png"]!["width"]!, (int)picture["png"]!["height"]!);
    }

    private static string Page(IReadOnlyList<(string MimeType, JsonNode Data)> outputs, IReadOnlyList<ScriptResource> scripts)
    {
        var types = outputs.Select(o => o.MimeType).ToHashSet();
        var needed = scripts.Where(s => types.Contains(s.MimeType)).ToList();
        var drawings = string.Join(",\n", needed.Select(s => $"{JsonSerializer.Serialize(s.MimeType)}: {s.Draw}"));
        // The writer escapes "<", so that no text of a figure can end the script element.
        var data = new JsonArray([.. outputs.Select(o => new JsonArray(o.MimeType, o.Data.DeepClone()))]);
        return $$"""
            <!DOCTYPE html>
            <html>
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{{OfflinePage.Policy}}">
            {{string.Concat(needed.DistinctBy(s => s.FileName).Select(s => OfflinePage.Script(OfflinePage.Text(s.Open()))))}}</head>
            <body>
            <script>
            (async function () {
              const draw = {{{drawings}}};
              const pictures = [];
              for (const [type, data] of {{data.ToJsonString()}}) {
                try {
                  pictures.push({ png: await draw[type](data, 'png'), webp: await draw[type](data, 'webp') });
                } catch (error) {
                  pictures.push({ error: String(error && error.message || error) });
                }
              }
              const result = document.createElement('pre');
              result.id = 'pictures';
              result.textContent = JSON.stringify(pictures);
              document.documentElement.replaceChildren(result);
            })();
            </script>
            </body>
            </html>
            """;
    }

    [GeneratedRegex("""<pre id="pictures">(.*?)</pre>""", RegexOptions.Singleline)]
    private static partial Regex Drawn();
}
