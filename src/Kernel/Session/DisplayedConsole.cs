using Lab.Abstractions;
using Lab.Kernel.Notebooks;

namespace Lab.Kernel.Session;

/// <summary>Shows console output in a display, a few times a second, until it is disposed; what was started meanwhile goes on there.</summary>
internal sealed class DisplayedConsole : IOutputSink, IDisposable
{
    private static readonly TimeSpan gathering = TimeSpan.FromSeconds(0.1);

    private readonly IOutputSink? before = ConsoleRouter.Current;
    private readonly Lock turn = new();
    private readonly TerminalText text = new();
    private readonly IDisplayHandle display;
    private readonly Timer timer;
    private bool shown = true;

    public DisplayedConsole(IDisplayHandle display)
    {
        this.display = display;
        timer = new Timer(_ => Show());
        ConsoleRouter.Enter(this);
    }

    public void Write(CellOutput output)
    {
        lock (turn)
        {
            text.Append(((StreamOutput)output).Text);
            if (shown) timer.Change(gathering, Timeout.InfiniteTimeSpan);
            shown = false;
        }
    }

    public void Dispose()
    {
        ConsoleRouter.Enter(before);
        Show();
    }

    private void Show()
    {
        lock (turn)
        {
            if (shown) return;
            shown = true;
            display.Update(text.ToString());
        }
    }
}
