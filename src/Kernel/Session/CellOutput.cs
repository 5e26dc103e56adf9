using System.Text.Json.Nodes;

namespace Lab.Kernel.Session;

/// <summary>One thing a cell puts out; the same kinds as in the Jupyter protocol.</summary>
public abstract record CellOutput;

/// <summary>Text written to a console stream.</summary>
/// <param name="Name"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">As written, line ends included.</param>
public sealed record StreamOutput(string Name, string Text) : CellOutput;

/// <summary>A value shown in the middle of a cell.</summary>
/// <param name="Data">By MIME type, always with <c>text/plain</c>; JSON types hold JSON values, all others strings (pictures base64).</param>
/// <param name="DisplayId">Set when the display can be updated.</param>
public sealed record DisplayOutput(JsonObject Data, string? DisplayId) : CellOutput;

/// <summary>Replaces every display with this id.</summary>
public sealed record UpdateDisplayOutput(JsonObject Data, string DisplayId) : CellOutput;

/// <summary>The value of the cell's last expression.</summary>
public sealed record ResultOutput(JsonObject Data) : CellOutput;

/// <summary>What stopped the cell.</summary>
/// <param name="Name">Type of the exception, or the compiler's error id.</param>
/// <param name="Message">Its message.</param>
/// <param name="Traceback">Lines with cell line numbers, user frames first, inner exceptions after.</param>
public sealed record ErrorOutput(string Name, string Message, IReadOnlyList<string> Traceback) : CellOutput;

/// <summary>Removes what the cell has put out so far.</summary>
/// <param name="Wait">Only when the next output comes.</param>
public sealed record ClearOutput(bool Wait) : CellOutput;

/// <summary>Takes what cells put out. Called from any thread, one call at a time per cell.</summary>
public interface IOutputSink
{
    /// <summary>Takes one output.</summary>
    void Write(CellOutput output);
}
