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
public sealed record ScriptResource(string FileName, string MimeType, Func<Stream> Open);

/// <summary>Marks an assembly as an extension: <c>[assembly: NotebookExtension(typeof(MyExtension))]</c>.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
public sealed class NotebookExtensionAttribute(Type type) : Attribute
{
    /// <summary>A type with a parameterless constructor that implements <see cref="INotebookExtension"/>.</summary>
    public Type Type { get; } = type;
}
