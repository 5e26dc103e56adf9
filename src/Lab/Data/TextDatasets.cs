using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Lab.Data;

/// <summary>A corpus in three parts, as UTF-8.</summary>
/// <param name="Name">For titles.</param>
/// <param name="Train">What models and tokenizers learn from.</param>
/// <param name="Validation">What settings are chosen by.</param>
/// <param name="Test">What is reported.</param>
public sealed record TextSplits(string Name, byte[] Train, byte[] Validation, byte[] Test)
{
    /// <summary>SHA-256 of the training text, in hexadecimal digits.</summary>
    public string Hash() => Convert.ToHexStringLower(SHA256.HashData(Train));
}

/// <summary>Texts in the folder <c>text</c> of <c>LAB_DATA</c>. Line ends become line feeds; nothing else is changed.</summary>
public static class TextDatasets
{
    /// <summary>Languages with a corpus of public-domain books.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "pt", "fr", "de", "es", "fi"];

    /// <summary>Whether the texts are on this machine.</summary>
    public static bool AreHere => Folder is not null;

    /// <summary>1.1 MB of Shakespeare's plays: nine tenths to train, a twentieth each for validation and test, cut at line ends.</summary>
    /// <exception cref="DatasetUnavailableException">Not on this machine; says what to do.</exception>
    public static TextSplits Shakespeare() => Read("Shakespeare", "tiny-shakespeare.txt");

    /// <summary>Books in one language, split like <see cref="Shakespeare"/>.</summary>
    /// <param name="language">One of <see cref="Languages"/>.</param>
    /// <exception cref="ArgumentException">Another language.</exception>
    /// <exception cref="DatasetUnavailableException">Not on this machine; says what to do.</exception>
    public static TextSplits Books(string language) => Languages.Contains(language)
        ? Read($"books in {language}", $"{language}.txt")
        : throw new ArgumentException($"There are no books in '{language}', only in {string.Join(", ", Languages)}.", nameof(language));

    /// <summary>The Universal Declaration of Human Rights in some 400 languages, by their codes.</summary>
    /// <exception cref="DatasetUnavailableException">Not on this machine; says what to do.</exception>
    public static IReadOnlyDictionary<string, byte[]> Declarations()
    {
        using var archive = ZipFile.OpenRead(Find("udhr.zip"));
        return archive.Entries.Where(entry => entry.Name.EndsWith(".txt", StringComparison.Ordinal)).ToDictionary(entry => Path.GetFileNameWithoutExtension(entry.Name), entry =>
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return Normalized(bytes.ToArray());
        });
    }

    private static string? Folder =>
        Environment.GetEnvironmentVariable("LAB_DATA") is { Length: > 0 } data && Directory.Exists(Path.Combine(data, "text")) ? Path.Combine(data, "text") : null;

    private static TextSplits Read(string name, string file)
    {
        var text = Normalized(File.ReadAllBytes(Find(file)));
        var (train, validation) = (LineEnd(text, (int)(text.Length * 0.90)), LineEnd(text, (int)(text.Length * 0.95)));
        return new(name, text[..train], text[train..validation], text[validation..]);
    }

    private static string Find(string file)
    {
        var path = Folder is null ? null : Path.Combine(Folder, file);
        return File.Exists(path) ? path : throw new DatasetUnavailableException(
            $"{file} is not on this machine: looked in {(Folder is null ? "no folder (LAB_DATA is not set, or has no folder text)" : Folder)}. Set LAB_DATA to a folder that has text/{file}, or use Grammar, which needs no data.");
    }

    private static int LineEnd(byte[] text, int from) => text.AsSpan(from).IndexOf((byte)'\n') is >= 0 and var offset ? from + offset + 1 : text.Length;

    private static byte[] Normalized(byte[] text) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text).Replace("\r\n", "\n"));
}
