using static TorchSharp.torch;

namespace Lab.Data.Readers;

/// <summary>
/// CIFAR-10's official binary version: <c>data_batch_1.bin</c> to <c>data_batch_5.bin</c> and <c>test_batch.bin</c>,
/// each 10,000 records of one label byte and 3,072 pixel bytes (red, green, blue planes of 32x32).
/// </summary>
/// <remarks>Source: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".</remarks>
internal static class CifarBinary
{
    public static readonly string[] ClassNames =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private const int PixelBytes = 3 * 32 * 32;
    private const int RecordBytes = 1 + PixelBytes;

    /// <exception cref="DataFormatException">A file is missing or has another length, or a label is not 0 .. 9.</exception>
    public static ImageSplits Read(string folder, int recordsPerFile = 10_000)
    {
        var train = Read([.. Enumerable.Range(1, 5).Select(i => Path.Combine(folder, $"data_batch_{i}.bin"))], recordsPerFile, "CIFAR-10, training pictures");
        try
        {
            return new(train, Read([Path.Combine(folder, "test_batch.bin")], recordsPerFile, "CIFAR-10, test pictures"));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    private static LabeledImages Read(string[] files, int recordsPerFile, string source)
    {
        var pixels = new byte[files.Length * recordsPerFile * PixelBytes];
        var labels = new long[files.Length * recordsPerFile];
        for (var f = 0; f < files.Length; f++)
        {
            var records = Records(files[f], recordsPerFile);
            for (var i = 0; i < recordsPerFile; i++)
            {
                var record = records.AsSpan(i * RecordBytes, RecordBytes);
                if (record[0] > 9) throw new DataFormatException(files[f], $"record {i} has the label {record[0]}, expected 0 .. 9.");
                labels[f * recordsPerFile + i] = record[0];
                record[1..].CopyTo(pixels.AsSpan((f * recordsPerFile + i) * PixelBytes));
            }
        }

        return new(tensor(pixels, [labels.Length, 3, 32, 32]), tensor(labels), ClassNames, source);
    }

    private static byte[] Records(string file, int count)
    {
        var info = new FileInfo(file);
        var expected = (long)count * RecordBytes;
        if (!info.Exists) throw new DataFormatException(file, $"the file is missing; expected {expected:N0} bytes.");
        if (info.Length != expected)
            throw new DataFormatException(file, $"has {info.Length:N0} bytes, expected {expected:N0} ({count:N0} records of {RecordBytes:N0}). Delete the folder to download it anew.");
        return File.ReadAllBytes(file);
    }
}
