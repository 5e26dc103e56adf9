using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis.CSharp;

namespace Lab.Kernel.Jupyter;

/// <summary>How the kernel introduces itself. Editors choose their C# mode by <c>language_info</c>.</summary>
internal static class KernelInfo
{
    public static JsonObject Content() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = WireFormat.ProtocolVersion,
        ["implementation"] = "lab",
        ["implementation_version"] = Version,
        ["banner"] = $"C# {Language} on .NET {Environment.Version}, Lab {Version}",
        ["debugger"] = false,
        ["supported_features"] = new JsonArray("kernel subshells"),
        ["help_links"] = new JsonArray(new JsonObject { ["text"] = "C# language", ["url"] = "https://learn.microsoft.com/dotnet/csharp/" }),
        ["language_info"] = new JsonObject
        {
            ["name"] = "csharp",
            ["version"] = Language,
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
        },
    };

    private static string Language => LanguageVersion.Latest.MapSpecifiedToEffectiveVersion().ToDisplayString();

    private static string Version => typeof(KernelInfo).Assembly.GetName().Version!.ToString(3);
}
