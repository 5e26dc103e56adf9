using Lab.Syntax;
using Markdig;
using Markdig.Extensions.Mathematics;
using Markdig.Renderers;
using Markdig.Renderers.Html;

namespace Lab.Kernel.Html;

/// <summary>Writes <c>$..$</c> and <c>$$..$$</c> as elements of class <c>math</c> that hold the TeX, for KaTeX to render.</summary>
internal sealed class MathHtml : IMarkdownExtension
{
    public void Setup(MarkdownPipelineBuilder pipeline) => pipeline.BlockParsers.Replace<MathBlockParser>(new DisplayMathParser());

    public void Setup(MarkdownPipeline pipeline, IMarkdownRenderer renderer)
    {
        if (renderer is not HtmlRenderer html) return;
        html.ObjectRenderers.Replace<HtmlMathInlineRenderer>(new Inline());
        html.ObjectRenderers.Replace<HtmlMathBlockRenderer>(new Block());
    }

    private static string Element(string name, bool display, string tex) =>
        $"<{name} class=\"math{(display ? " display" : "")}\">{CSharpMarkup.Encode(tex)}</{name}>";

    private sealed class Inline : HtmlObjectRenderer<MathInline>
    {
        protected override void Write(HtmlRenderer renderer, MathInline math) =>
            renderer.Write(Element("span", math.DelimiterCount == 2, math.Content.ToString()));
    }

    private sealed class Block : HtmlObjectRenderer<MathBlock>
    {
        protected override void Write(HtmlRenderer renderer, MathBlock math) =>
            renderer.Write(Element("div", display: true, math.Lines.ToString())).WriteLine();
    }
}
