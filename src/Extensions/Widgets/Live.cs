using System.Runtime.CompilerServices;
using Lab.Abstractions;

namespace Lab.Extensions.Widgets;

/// <summary>
/// Outputs that follow the parameters: shown at once, and again whenever a widget of <c>#!params</c> is turned. A burst of
/// changes gives one run, and a newer run cancels the older one.
/// </summary>
/// <example><code>
/// Live.Show(() => Charts.Lines([Softmax(logits, temperature)], "token", "probability"));
/// </code></example>
public static class Live
{
    /// <summary>Shows what the function gives, now and after every change of a parameter.</summary>
    /// <param name="compute">Reads the parameters.</param>
    /// <param name="code">The function's source, filled in by the compiler: running a cell again replaces its view.</param>
    public static void Show(Func<object> compute, [CallerArgumentExpression(nameof(compute))] string code = "") => Show(_ => compute(), code);

    /// <summary>Shows what the function gives, now and after every change of a parameter.</summary>
    /// <param name="compute">Reads the parameters; its token fires when a newer run makes it pointless.</param>
    /// <inheritdoc cref="Show(Func{object}, string)"/>
    /// <param name="code">Filled in by the compiler.</param>
    public static void Show(Func<CancellationToken, object> compute, [CallerArgumentExpression(nameof(compute))] string code = "") =>
        Follow(compute(Notebook.Current.Cancellation), cancellation => Task.FromResult(compute(cancellation)), code);

    /// <summary>Shows what the function gives, now and after every change of a parameter.</summary>
    /// <param name="compute">Reads the parameters; its token fires when a newer run makes it pointless.</param>
    /// <inheritdoc cref="Show(Func{object}, string)"/>
    /// <param name="code">Filled in by the compiler.</param>
    public static async Task ShowAsync(Func<CancellationToken, Task<object>> compute, [CallerArgumentExpression(nameof(compute))] string code = "") =>
        Follow(await compute(Notebook.Current.Cancellation).ConfigureAwait(false), compute, code);

    private static void Follow(object value, Func<CancellationToken, Task<object>> compute, string code)
    {
        var notebook = Notebook.Current;
        WidgetSession.Of(notebook.Comms).Follow(notebook, code, new LiveView(compute, notebook.Display(value), TimeProvider.System));
    }
}
