using System.Reflection;

namespace Lab.Abstractions;

/// <summary>What an assembly adds to a notebook host. Named by <see cref="NotebookExtensionAttribute"/>.</summary>
public interface INotebookExtension
{
    /// <summary>The commands that become available as <c>#!name</c>.</summary>
    IReadOnlyList<MagicCommand> Magics { get; }

    /// <summary>Namespaces open in every cell; a type's members with the prefix <c>static </c>.</summary>
    IReadOnlyList<string> Imports { get; }

    /// <summary>Assemblies that cells can use without <c>#r</c>.</summary>
    IReadOnlyList<Assembly> References { get; }

    /// <summary>JavaScript that the extension's HTML outputs need.</summary>
    IReadOnlyList<ScriptResource> Scripts { get; }

    /// <summary>What an executed notebook records about the libraries and devices it ran with, by name; nothing that names a user or a place on the disk.</summary>
    IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>();

    /// <summary>Called once before the first cell: registers formatters, prepares native libraries.</summary>
    void Load();
}

/// <summary>
/// JavaScript needed by outputs of one type. An exported page holds it once, if it shows such an output;
/// the kernel's folder holds it as a file, so that front ends load it without a network.
/// </summary>
/// <param name="FileName">In the kernel's folder, e.g. <c>plotly.min.js</c>.</param>
/// <param name="MimeType">Outputs that carry this type need the script.</param>
/// <param name="Open">Opens the UTF-8 source.</param>
public sealed record ScriptResource(string FileName, string MimeType, Func<Stream> Open)
{
    /// <summary>Stands in an output's HTML where a still picture may be put, which the script takes away when it draws.</summary>
    public const string PicturePlace = "<!--picture-->";

    /// <summary>
    /// JavaScript function that draws an output on light ground: from its data and the format (<c>png</c> or <c>webp</c>) to a
    /// promise of <c>{ url, width, height }</c>, a data URL and CSS pixels. Null when outputs of this type have no still picture.
    /// </summary>
    public string? Draw { get; init; }
}

/// <summary>Marks an assembly as an extension: <c>[assembly: NotebookExtension(typeof(MyExtension))]</c>.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class NotebookExtensionAttribute(Type type) : Attribute
{
    /// <summary>A type with a parameterless constructor that implements <see cref="INotebookExtension"/>.</summary>
    public Type Type { get; } = type;
}
