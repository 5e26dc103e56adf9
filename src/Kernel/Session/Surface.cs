using Lab.Abstractions;
using Microsoft.AspNetCore.Html;

namespace Lab.Kernel.Session;

/// <summary>What every cell can call without a prefix, as in .NET Interactive.</summary>
public static class Surface
{
    /// <summary>Shows a value below the cell.</summary>
    /// <param name="value">Any value; formatted by its formatters.</param>
    /// <param name="mimeType">Only this form, beside plain text; all preferred forms when null.</param>
    /// <returns>A handle that replaces what is shown.</returns>
    public static IDisplayHandle display(object value, string? mimeType = null) => CellContext.Current.Display(value, mimeType);

    /// <summary>Shows a value below the cell.</summary>
    /// <inheritdoc cref="display"/>
    public static IDisplayHandle Display(this object value, string? mimeType = null) => CellContext.Current.Display(value, mimeType);

    /// <summary>Text that is HTML already.</summary>
    public static IHtmlContent HTML(string content) => new HtmlString(content);

    /// <summary>Text that is an SVG picture, drawn in the page.</summary>
    public static IHtmlContent SVG(string content) => new HtmlString(content);

    /// <summary>Where the console output of a cell goes.</summary>
    public static class Output
    {
        /// <summary>
        /// What the present code prints, and all that it starts, replaces what a display shows, from here on until the result is
        /// disposed; with several of them, what runs side by side has a place each.
        /// </summary>
        /// <example><code>
        /// var log = display("");
        /// using (Output.To(log)) Console.WriteLine("goes there");
        /// </code></example>
        public static IDisposable To(IDisplayHandle display) => new DisplayedConsole(display);
    }
}
