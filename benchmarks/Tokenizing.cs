using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Lab.Text;
using Microsoft.ML.Tokenizers;
using PreTokenizer = Lab.Text.PreTokenizer;

namespace Lab.Benchmarks;

/// <summary>Encoding and training of tokenizers: Lab and Microsoft.ML.Tokenizers; the peer of tokenizing.mjs. A result is a line of seconds: wall time, processor time, and the part of it that is not the system's, which has to find every page of fresh memory.</summary>
internal static partial class Tokenizing
{
    private const int DocumentBytes = 1 << 16;

    [GeneratedRegex(@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2Pattern { get; }

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Cl100kPattern { get; }

    public static void Run(string[] args)
    {
        switch (args)
        {
            case ["prepare", var data, var folder]: Prepare(data, folder); break;
            case ["encode", var who, var vocabulary, var folder]: Encode(who, vocabulary, folder); break;
            case ["pieces", var who, var style, var folder]: Pieces(who, style, folder); break;
            case ["train", var size, var megabytes, var folder]: Train(Number(size), Number(megabytes), folder); break;
            case ["growth", var vocabulary, var megabytes, var folder]: Growth(vocabulary, Number(megabytes), folder); break;
            default: throw new ArgumentException("Modes are prepare, encode, pieces, train and growth.");
        }
    }

    // 10 MB of six languages, Shakespeare and declarations in hundreds of scripts; a vocabulary of 32,768 tokens of it.
    private static void Prepare(string data, string folder)
    {
        Directory.CreateDirectory(folder);
        var text = new StringBuilder();
        foreach (var name in new[] { "en", "pt", "fr", "de", "es", "fi", "tiny-shakespeare" }) text.Append(File.ReadAllText(Path.Combine(data, $"{name}.txt")));
        using (var udhr = ZipFile.OpenRead(Path.Combine(data, "udhr.zip")))
            foreach (var entry in udhr.Entries.Where(entry => entry.Length > 0).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
            {
                using var reader = new StreamReader(entry.Open());
                text.Append(reader.ReadToEnd());
            }

        var bytes = Encoding.UTF8.GetBytes(text.ToString()).AsSpan(0, 10_000_000);
        File.WriteAllBytes(Path.Combine(folder, "corpus.txt"), bytes[..(bytes.LastIndexOf((byte)'\n') + 1)].ToArray());
        File.WriteAllBytes(Path.Combine(folder, "megabyte.txt"), [.. bytes[..1_000_000]]);
        var counts = new PieceCounts(PreTokenizer.Gpt2);
        counts.Add(bytes);
        var trained = Bpe.Train(counts, 32_768);
        TokenizerJson.Save(trained, Path.Combine(folder, "gpt2-style.json"));
        TiktokenFile.Save(trained, Path.Combine(folder, "gpt2-style.tiktoken"));
        if (File.Exists(Path.Combine(folder, "cl100k_base.tiktoken")))
            TokenizerJson.Save(TiktokenFile.Load(Path.Combine(folder, "cl100k_base.tiktoken"), PreTokenizer.Cl100k), Path.Combine(folder, "cl100k_base.json"));
    }

    private static void Encode(string who, string vocabulary, string folder)
    {
        var documents = Documents(folder);
        var path = Path.Combine(folder, $"{vocabulary}.tiktoken");
        Func<string, IReadOnlyList<int>> encode = who switch
        {
            "lab" => Ours(vocabulary, path).Encode,
            "microsoft" => Theirs(vocabulary, path),
            _ => throw new ArgumentException($"'{who}' is unknown. Known are lab and microsoft."),
        };
        Time(() =>
        {
            var (tokens, sum) = (0L, 0L);
            foreach (var document in documents)
            {
                var ids = encode(document);
                tokens += ids.Count;
                foreach (var id in ids) sum = (sum * 31 + id) % 1_000_000_007;
            }
            return $"{tokens} tokens, checksum {sum}";
        });
    }

    private static void Pieces(string who, string style, string folder)
    {
        var documents = Documents(folder);
        var bytes = documents.Select(Encoding.UTF8.GetBytes).ToArray();
        var (pattern, scanner) = style == "cl100k" ? (Cl100kPattern, PreTokenizer.Cl100k) : (Gpt2Pattern, PreTokenizer.Gpt2);
        Time(() =>
        {
            var pieces = 0;
            if (who == "regex")
                foreach (var document in documents)
                    foreach (var _ in pattern.EnumerateMatches(document)) pieces++;
            else
                foreach (var document in bytes)
                    for (var start = 0; start < document.Length; pieces++) start = scanner.Next(document, start);
            return $"{pieces} pieces";
        });
    }

    private static void Train(int size, int megabytes, string folder)
    {
        var text = Repeated(folder, megabytes);
        Time(() =>
        {
            var counts = new PieceCounts(PreTokenizer.Gpt2);
            counts.Add(text);
            return $"{Bpe.Train(counts, size).Vocabulary.Size} tokens";
        });
    }

    private static void Growth(string vocabulary, int megabytes, string folder)
    {
        var tokenizer = Ours(vocabulary, Path.Combine(folder, $"{vocabulary}.tiktoken"));
        var text = Repeated(folder, megabytes);
        Time(() => $"{tokenizer.Encode(text).Length} tokens");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        tokenizer.Encode(text);
        Console.WriteLine(FormattableString.Invariant($"# {(GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6 / megabytes:F1} bytes allocated per byte of text"));
    }

    // Warms up for a second, by which the compiler has come to its fastest code; the result goes to the error stream.
    private static void Time(Func<string> work)
    {
        var result = work();
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < TimeSpan.FromSeconds(1);) result = work();
        Console.Error.WriteLine(result);
        using var process = Process.GetCurrentProcess();
        var (wall, processor, own) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime, process.UserProcessorTime);
        work();
        var elapsed = Stopwatch.GetElapsedTime(wall);
        process.Refresh();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds:F4} {(process.TotalProcessorTime - processor).TotalSeconds:F4} {(process.UserProcessorTime - own).TotalSeconds:F4}"));
    }

    private static Bpe Ours(string vocabulary, string path) => TiktokenFile.Load(path, vocabulary == "cl100k_base" ? PreTokenizer.Cl100k : PreTokenizer.Gpt2);

    private static Func<string, IReadOnlyList<int>> Theirs(string vocabulary, string path)
    {
        var tokenizer = TiktokenTokenizer.Create(path, new RegexPreTokenizer(vocabulary == "cl100k_base" ? Cl100kPattern : Gpt2Pattern, null), null);
        return text => tokenizer.EncodeToIds(text);
    }

    // Documents shuffled, so that a megabyte has the languages of all ten.
    private static byte[] Repeated(string folder, int megabytes)
    {
        var documents = Documents(folder).Select(Encoding.UTF8.GetBytes).ToArray();
        new Random(1).Shuffle(documents);
        var corpus = documents.SelectMany(document => document).ToArray();
        var text = new byte[megabytes * 1_000_000];
        for (var i = 0; i < text.Length; i += corpus.Length) corpus.AsSpan(0, Math.Min(corpus.Length, text.Length - i)).CopyTo(text.AsSpan(i));
        return text;
    }

    private static string[] Documents(string folder)
    {
        ReadOnlySpan<byte> rest = File.ReadAllBytes(Path.Combine(folder, "corpus.txt"));
        var documents = new List<string>();
        while (rest.Length > 0)
        {
            var end = rest.Length <= DocumentBytes ? rest.Length : rest[..DocumentBytes].LastIndexOf((byte)'\n') + 1;
            documents.Add(Encoding.UTF8.GetString(rest[..end]));
            rest = rest[end..];
        }
        return [.. documents];
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
