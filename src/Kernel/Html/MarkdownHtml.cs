using System.Text;
using System.Text.Json.Nodes;
using Lab.Kernel.Notebooks;
using Markdig;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Lab.Kernel.Html;

/// <summary>A heading, for the table of contents.</summary>
internal sealed record Heading(int Level, string Id, string Text);

/// <summary>Turns the Markdown of one notebook into HTML: headings get ids that are unique on the page, pictures move into it.</summary>
/// <param name="folder">Where relative pictures lie; null leaves their links.</param>
internal sealed class MarkdownHtml(string? folder)
{
    private static readonly MarkdownPipeline pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseTaskLists()
        .UseFootnotes()
        .UseAutoLinks()
        .UseMathematics()
        .Use<MathHtml>()
        .Build();

    private static readonly Dictionary<string, string> pictureTypes = new(StringComparer.OrdinalIgnoreCase)
    {
        [".png"] = "image/png",
        [".jpg"] = "image/jpeg",
        [".jpeg"] = "image/jpeg",
        [".gif"] = "image/gif",
        [".webp"] = "image/webp",
        [".svg"] = "image/svg+xml",
    };

    private readonly List<Heading> headings = [];

    /// <summary>Headings of all Markdown cells rendered so far.</summary>
    public IReadOnlyList<Heading> Headings => headings;

    /// <summary>Renders a Markdown cell and notes its headings.</summary>
    public string Cell(string text, JsonObject? attachments)
    {
        var document = Markdown.Parse(text, pipeline);
        foreach (var heading in document.Descendants<HeadingBlock>()) Note(heading);
        return Render(document, attachments);
    }

    /// <summary>Renders an output of type <c>text/markdown</c>.</summary>
    public string Output(string text) => Render(Markdown.Parse(text, pipeline), attachments: null);

    private string Render(MarkdownDocument document, JsonObject? attachments)
    {
        foreach (var picture in document.Descendants<LinkInline>().Where(l => l.IsImage)) Embed(picture, attachments);
        return document.ToHtml(pipeline);
    }

    private void Note(HeadingBlock block)
    {
        var text = PlainText(block.Inline);
        var slug = string.Join('-', new string([.. text.Select(c => char.IsLetterOrDigit(c) ? char.ToLowerInvariant(c) : ' ')])
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var id = slug.Length == 0 ? "section" : slug;
        for (var n = 2; headings.Any(h => h.Id == id); n++) id = $"{slug}-{n}";

        block.GetAttributes().Id = id;
        headings.Add(new Heading(block.Level, id, text));
    }

    private static string PlainText(ContainerInline? inline)
    {
        var text = new StringBuilder();
        foreach (var part in inline?.Descendants() ?? [])
        {
            _ = part switch
            {
                LiteralInline literal => text.Append(literal.Content.ToString()),
                CodeInline code => text.Append(code.Content),
                Markdig.Extensions.Mathematics.MathInline math => text.Append(math.Content.ToString()),
                LineBreakInline => text.Append(' '),
                _ => text,
            };
        }

        return text.ToString();
    }

    // The page makes no request, so a picture is either part of it or a link that the reader may follow.
    private void Embed(LinkInline picture, JsonObject? attachments)
    {
        var url = picture.Url ?? "";
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase)) return;
        if (url.StartsWith("attachment:", StringComparison.Ordinal)
            && attachments?[Uri.UnescapeDataString(url["attachment:".Length..])] is JsonObject { Count: > 0 } bundle)
        {
            var (type, data) = bundle.First();
            picture.Url = $"data:{type};base64,{MultilineText.Read(data).ReplaceLineEndings("")}";
        }
        else if (folder is not null && !Uri.TryCreate(url, UriKind.Absolute, out _)
            && pictureTypes.TryGetValue(Path.GetExtension(url), out var type)
            && Path.Combine(folder, Uri.UnescapeDataString(url)) is var path && File.Exists(path))
        {
            picture.Url = $"data:{type};base64,{Convert.ToBase64String(File.ReadAllBytes(path))}";
        }
        else
        {
            picture.IsImage = false;
        }
    }
}
