using System.Text;
using Lab.Data;

namespace Lab.Tests.Data;

public sealed class TextDatasetsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-texts-").FullName;
    private readonly string? before = Environment.GetEnvironmentVariable("LAB_DATA");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("LAB_DATA", before);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_text_is_split_by_bytes_at_line_ends_and_nothing_is_lost()
    {
        Directory.CreateDirectory(Path.Combine(folder, "text"));
        var lines = string.Concat(Enumerable.Range(0, 1000).Select(i => $"línea {i}\r\n"));
        File.WriteAllText(Path.Combine(folder, "text", "es.txt"), lines);
        Environment.SetEnvironmentVariable("LAB_DATA", folder);

        var splits = TextDatasets.Books("es");

        Assert.Equal(lines.Replace("\r", ""), Encoding.UTF8.GetString([.. splits.Train, .. splits.Validation, .. splits.Test]));
        Assert.All(new[] { splits.Train, splits.Validation }, part => Assert.Equal((byte)'\n', part[^1]));
        Assert.InRange(splits.Train.Length / (double)Encoding.UTF8.GetByteCount(lines.Replace("\r", "")), 0.88, 0.92);
        Assert.NotEqual(splits.Hash(), (splits with { Train = splits.Test }).Hash());
    }

    [Fact]
    public void Missing_texts_are_named_with_what_to_do()
    {
        Environment.SetEnvironmentVariable("LAB_DATA", null);
        Assert.False(TextDatasets.AreHere);
        Assert.Contains("Set LAB_DATA to a folder that has text/tiny-shakespeare.txt", Assert.Throws<DatasetUnavailableException>(TextDatasets.Shakespeare).Message);
        Assert.Throws<ArgumentException>(() => TextDatasets.Books("xx"));
    }

    [Fact]
    public void The_real_texts_have_their_known_sizes()
    {
        if (!TextDatasets.AreHere) return; // nothing to look at on this machine; the split is tested above on a made text
        var shakespeare = TextDatasets.Shakespeare();
        Assert.Equal(1_115_394, shakespeare.Train.Length + shakespeare.Validation.Length + shakespeare.Test.Length);
        Assert.True(TextDatasets.Declarations().Count > 380);
        Assert.All(TextDatasets.Languages, language => Assert.True(TextDatasets.Books(language).Train.Length > 200_000));
    }
}
