using System.Text;

namespace Lab.Kernel.Notebooks;

/// <summary>
/// Text as a terminal would show it in the end: <c>\r</c> starts the line anew and <c>\b</c> takes a character back,
/// so that a progress bar that redraws itself is kept once.
/// </summary>
internal sealed class TerminalText
{
    private readonly StringBuilder text = new();
    private int lineStart;
    private bool returned;

    public void Append(string piece)
    {
        foreach (var c in piece) Append(c);
    }

    public override string ToString() => text.ToString();

    private void Append(char c)
    {
        // Only the next character tells a return that redraws the line from one that ends it (\r\n).
        if (returned && c != '\n' && c != '\r') text.Length = lineStart;
        returned = c == '\r';

        if (c == '\r') return;
        if (c == '\b')
        {
            if (text.Length > lineStart) text.Length--;
            return;
        }

        text.Append(c);
        if (c == '\n') lineStart = text.Length;
    }
}
