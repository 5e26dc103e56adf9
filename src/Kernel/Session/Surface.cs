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
}
