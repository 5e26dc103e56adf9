using System.Runtime.ExceptionServices;

namespace Lab.Kernel.Session;

/// <summary>
/// An exception that ends a thread, a timer or an <c>async void</c> method of a cell is told in that cell and ends nothing
/// else. Without this it would end the process, and with it every variable.
/// </summary>
internal static class StrayExceptions
{
    private static readonly Lock installing = new();
    private static bool installed;

    public static void Install()
    {
        lock (installing)
        {
            if (!installed) ExceptionHandling.SetUnhandledExceptionHandler(Tell);
            installed = true;
        }
    }

    private static bool Tell(Exception exception)
    {
        if (CellContext.CurrentOrNull is not { } context)
        {
            Console.Error.WriteLine(exception);
            return false; // not a cell's: the process is broken
        }

        if (exception is not CellStoppedException)
            context.Sink.Write(new StreamOutput("stderr", $"A thread of {context.CellName} ended with an exception.\n{string.Join('\n', CellError.Traceback(exception))}\n"));
        return true;
    }
}
