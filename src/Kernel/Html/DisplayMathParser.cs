using Markdig.Extensions.Mathematics;
using Markdig.Parsers;

namespace Lab.Kernel.Html;

/// <summary>
/// Reads a display formula as notebooks have it: it begins with <c>$$</c> at the start of a line and ends with <c>$$</c> at the
/// end of one, the TeX on the same lines or between them. Markdig's own parser wants the marks on lines of their own.
/// </summary>
internal sealed class DisplayMathParser : BlockParser
{
    private const string Mark = "$$";

    public DisplayMathParser() => OpeningCharacters = ['$'];

    public override BlockState TryOpen(BlockProcessor processor)
    {
        if (processor.IsCodeIndent || !processor.Line.Match(Mark)) return BlockState.None;

        var first = processor.Line.ToString().TrimEnd()[Mark.Length..];
        var mark = first.IndexOf(Mark, StringComparison.Ordinal);
        if (mark >= 0 && mark != first.Length - Mark.Length) return BlockState.None; // prose goes on behind the formula

        var block = new MathBlock(this) { Column = processor.Column, Line = processor.LineIndex };
        block.Span.Start = processor.Start;
        processor.NewBlocks.Push(block);
        processor.Line.Start += Mark.Length;
        if (mark < 0) return first.Trim().Length == 0 ? BlockState.ContinueDiscard : BlockState.Continue;

        CutMark(processor);
        return BlockState.Break;
    }

    public override BlockState TryContinue(BlockProcessor processor, Markdig.Syntax.Block block)
    {
        block.UpdateSpanEnd(processor.Line.End);
        var line = processor.Line.ToString().TrimEnd();
        if (!line.EndsWith(Mark, StringComparison.Ordinal)) return BlockState.Continue;
        if (line.Trim() == Mark) return BlockState.BreakDiscard;

        CutMark(processor);
        return BlockState.Break;
    }

    private static void CutMark(BlockProcessor processor)
    {
        processor.Line.TrimEnd();
        processor.Line.End -= Mark.Length;
    }
}
