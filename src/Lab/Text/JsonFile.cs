using System.Text.Json;
using Lab.Data;

namespace Lab.Text;

/// <summary>JSON files whose errors name the file.</summary>
internal static class JsonFile
{
    /// <exception cref="DataFormatException">No JSON.</exception>
    public static T Read<T>(string path, Func<JsonElement, T> read)
    {
        using var stream = File.OpenRead(path);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(stream);
        }
        catch (JsonException invalid)
        {
            throw new DataFormatException(path, $"no JSON: {invalid.Message}", invalid);
        }
        using (document) return read(document.RootElement);
    }
}

/// <summary>Files that appear whole or not at all.</summary>
internal static class WholeFile
{
    public static void Write(string path, byte[] content)
    {
        var temporary = path + ".tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }
}
