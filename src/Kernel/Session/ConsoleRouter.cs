using System.Text;

namespace Lab.Kernel.Session;

/// <summary>
/// Sends what code writes to the console to the cell that started the code, also from tasks, threads and timers and after
/// the cell has ended; what no cell started goes to the real console.
/// </summary>
internal sealed class ConsoleRouter : TextWriter
{
    private static readonly AsyncLocal<IOutputSink?> current = new();
    private static readonly Lock installing = new();
    private static bool installed;

    private readonly string name;
    private readonly TextWriter console;

    private ConsoleRouter(string name, TextWriter console) => (this.name, this.console) = (name, console);

    public override Encoding Encoding => Encoding.UTF8;

    public static void Install()
    {
        lock (installing)
        {
            if (installed) return;
            Console.SetOut(new ConsoleRouter("stdout", Console.Out));
            Console.SetError(new ConsoleRouter("stderr", Console.Error));
            installed = true;
        }
    }

    /// <summary>Where console output of the present flow goes; null: to the real console.</summary>
    public static IOutputSink? Current => current.Value;

    /// <summary>From here on, and in all that the present flow starts, console output goes to this sink.</summary>
    public static void Enter(IOutputSink? sink) => current.Value = sink;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    public override void Write(string? value)
    {
        if (string.IsNullOrEmpty(value)) return;
        if (current.Value is { } sink) sink.Write(new StreamOutput(name, value));
        else console.Write(value);
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void WriteLine() => Write("\n");

    public override void Flush() => console.Flush();
}
