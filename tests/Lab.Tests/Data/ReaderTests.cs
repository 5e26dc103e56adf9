using System.Buffers.Binary;
using System.IO.Compression;
using Lab.Data;
using Lab.Data.Readers;
using Lab.Runtime;
using SkiaSharp;

namespace Lab.Tests.Data;

public sealed class ReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Cifars_binary_records_are_a_label_and_three_planes()
    {
        WriteCifar();
        using var splits = CifarBinary.Read(folder.Path, recordsPerFile: 2);
        Assert.Equal([10, 3, 32, 32], splits.Train.Images.shape);
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], splits.Train.Labels.data<long>().ToArray());
        Assert.Equal([2, 3, 32, 32], splits.Test.Images.shape);
        Assert.Equal("truck", splits.Train.ClassNames[9]);

        // record 7 of the training set: value = 7 + 10 x plane + column
        Assert.Equal(7 + 20 + 31, splits.Train.Images[7, 2, 5, 31].item<byte>());
    }

    [Fact]
    public void A_truncated_cifar_file_is_named_with_both_sizes()
    {
        WriteCifar();
        using (var file = File.OpenWrite(folder["data_batch_4.bin"])) file.SetLength(6145);
        var error = Assert.Throws<DataFormatException>(() => CifarBinary.Read(folder.Path, recordsPerFile: 2));
        Assert.Equal(folder["data_batch_4.bin"], error.Path);
        Assert.Contains("has 6,145 bytes, expected 6,146", error.Message);
    }

    [Fact]
    public void A_cifar_label_above_nine_is_refused()
    {
        WriteCifar();
        var bytes = File.ReadAllBytes(folder["test_batch.bin"]);
        bytes[3073] = 10;
        File.WriteAllBytes(folder["test_batch.bin"], bytes);
        var live = LiveTensors.Settled();
        Assert.Contains("record 1 has the label 10", Assert.Throws<DataFormatException>(() => CifarBinary.Read(folder.Path, 2)).Message);
        Assert.Equal(live, RuntimeReport.LiveTensorCount); // the training half is not left behind
    }

    [Fact]
    public void A_missing_cifar_file_is_named() =>
        Assert.Contains("data_batch_1.bin: the file is missing; expected 30,730,000 bytes", Assert.Throws<DataFormatException>(() => CifarBinary.Read(folder.Path)).Message);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fashion_mnist_is_padded_to_32_pixels_and_three_channels(bool compressed)
    {
        WriteFashion(compressed);
        using var splits = FashionMnist.Read(folder.Path);
        Assert.Equal([3, 3, 32, 32], splits.Train.Images.shape);
        Assert.Equal([2, 3, 32, 32], splits.Test.Images.shape);
        Assert.Equal([0, 9, 8], splits.Train.Labels.data<long>().ToArray());
        Assert.Equal(0, splits.Train.Images[1, 0, 1, 16].item<byte>());
        Assert.Equal([10, 10, 10], splits.Train.Images[1, .., 2, 2].data<byte>().ToArray());
    }

    [Fact]
    public void A_damaged_idx_file_says_what_is_wrong()
    {
        WriteFashion(compressed: false);
        File.WriteAllBytes(folder["t10k-images-idx3-ubyte"], IdxFile([2, 28, 28], new byte[2 * 784 - 1]));
        Assert.Contains("has 1,583 bytes unpacked, expected 1,584 for [2, 28, 28]", Message());
        File.WriteAllBytes(folder["t10k-images-idx3-ubyte"], IdxFile([2], new byte[2]));
        Assert.Contains("expected it to begin with 00 00 08 03, found 00000801", Message());
        File.Delete(folder["t10k-images-idx3-ubyte"]);
        Assert.Contains("neither this file nor", Message());
        File.WriteAllBytes(folder["t10k-images-idx3-ubyte.gz"], Gzip(new byte[5000])[..12]);
        Assert.Contains("t10k-images-idx3-ubyte.gz", Message());

        string Message() => Assert.Throws<DataFormatException>(() => FashionMnist.Read(folder.Path)).Message;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_image_folder_is_read_in_the_order_of_its_paths_with_classes_by_name(bool zipped)
    {
        var path = WriteImages(zipped);
        using var splits = ImageFolder.Read(path, folder["pixels"]);
        Assert.Equal(["cat", "dog"], splits.Train.ClassNames);
        Assert.Equal([4, 3, 6, 5], splits.Train.Images.shape);
        Assert.Equal([0, 0, 1, 1], splits.Train.Labels.data<long>().ToArray());
        Assert.Equal([10, 20, 110, 120], splits.Train.Images[.., 0, 0, 0].data<byte>().ToArray()); // red = class x 100 + file x 10
        Assert.Equal([7, 7, 7, 7], splits.Train.Images[.., 2, 5, 4].data<byte>().ToArray());       // blue
        Assert.Equal(2, splits.Test.Count);
    }

    [Fact]
    public void The_second_reading_takes_the_pixels_from_the_cache_and_a_changed_archive_does_not()
    {
        var path = WriteImages(zipped: true);
        ImageFolder.Read(path, folder["pixels"]).Dispose();
        var cached = Directory.GetFiles(folder["pixels"], "*-train-*.safetensors").Single();
        var bytes = File.ReadAllBytes(cached);
        bytes[^1] = 77; // the last pixel: shows that the file is what is read
        File.WriteAllBytes(cached, bytes);
        using (var second = ImageFolder.Read(path, folder["pixels"])) Assert.Equal(77, second.Train.Images[3, 2, 5, 4].item<byte>());

        using (var zip = ZipFile.Open(path, ZipArchiveMode.Update)) Add(zip, "train/emu/1.png", Png(5, 6, 200));
        using var changed = ImageFolder.Read(path, folder["pixels"]);
        Assert.Equal(["cat", "dog", "emu"], changed.Train.ClassNames);
        Assert.Equal(5, changed.Train.Count);
        Assert.Equal(7, changed.Train.Images[4, 2, 5, 4].item<byte>());
    }

    [Fact]
    public void A_damaged_cache_file_is_made_again()
    {
        var path = WriteImages(zipped: true);
        ImageFolder.Read(path, folder["pixels"]).Dispose();
        var cached = Directory.GetFiles(folder["pixels"], "*-train-*.safetensors").Single();
        var whole = File.ReadAllBytes(cached);
        File.WriteAllBytes(cached, whole[..100]);
        using var again = ImageFolder.Read(path, folder["pixels"]);
        Assert.Equal(4, again.Train.Count);
        Assert.Equal(whole, File.ReadAllBytes(cached));
    }

    [Fact]
    public void Bad_pictures_are_named()
    {
        var path = WriteImages(zipped: false);
        File.WriteAllBytes(Path.Combine(path, "train", "dog", "2.png"), Png(4, 6, 1));
        Assert.Contains("train/dog/2.png: is 4x6, expected 5x6", Message());
        File.WriteAllBytes(Path.Combine(path, "train", "dog", "2.png"), Png(5, 6, 1)[..60]);
        Assert.Contains("train/dog/2.png: is damaged or cut short", Message());
        File.WriteAllBytes(Path.Combine(path, "train", "dog", "2.png"), [1, 2, 3]);
        Assert.Contains("train/dog/2.png: is no picture", Message());
        Directory.Delete(Path.Combine(path, "train"), recursive: true);
        Assert.Contains("holds no pictures at train/<class>", Message());
        File.WriteAllText(folder["broken.zip"], "PK");
        Assert.Contains("is no zip", Assert.Throws<DataFormatException>(() => ImageFolder.Read(folder["broken.zip"], folder["pixels"])).Message);

        string Message() => Assert.Throws<DataFormatException>(() => ImageFolder.Read(path, folder["pixels"])).Message;
    }

    private void WriteCifar()
    {
        for (var file = 0; file < 6; file++)
        {
            var records = new byte[2 * 3073];
            for (var i = 0; i < 2; i++)
            {
                var number = (2 * file + i) % 10;
                records[i * 3073] = (byte)number;
                for (var k = 0; k < 3072; k++) records[i * 3073 + 1 + k] = (byte)(number + 10 * (k / 1024) + k % 32);
            }

            File.WriteAllBytes(folder[file < 5 ? $"data_batch_{file + 1}.bin" : "test_batch.bin"], records);
        }
    }

    // Picture i is grey 10 i; labels 0, 9, 8.
    private void WriteFashion(bool compressed)
    {
        foreach (var (prefix, count) in new[] { ("train", 3), ("t10k", 2) })
        {
            Write($"{prefix}-images-idx3-ubyte", IdxFile([count, 28, 28], [.. Enumerable.Range(0, count * 784).Select(i => (byte)(i / 784 * 10))]));
            Write($"{prefix}-labels-idx1-ubyte", IdxFile([count], new byte[] { 0, 9, 8 }[..count]));
        }

        void Write(string name, byte[] bytes) => File.WriteAllBytes(folder[compressed ? name + ".gz" : name], compressed ? Gzip(bytes) : bytes);
    }

    private static byte[] IdxFile(int[] shape, byte[] values)
    {
        var bytes = new byte[4 + 4 * shape.Length + values.Length];
        bytes[2] = 8;
        bytes[3] = (byte)shape.Length;
        for (var i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + 4 * i), shape[i]);
        values.CopyTo(bytes, 4 + 4 * shape.Length);
        return bytes;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private string WriteImages(bool zipped)
    {
        var path = folder[zipped ? "images.zip" : "images"];
        using var zip = zipped ? ZipFile.Open(path, ZipArchiveMode.Create) : null;
        foreach (var (split, files) in new[] { ("train", 2), ("test", 1) })
            for (var file = files; file > 0; file--) // written in another order than that of the paths
                foreach (var (number, name) in new[] { (1, "dog"), (0, "cat") })
                {
                    var png = Png(5, 6, (byte)(100 * number + 10 * file));
                    if (zip is not null) Add(zip, $"{split}/{name}/{file}.png", png);
                    else File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(path, split, name)).FullName, $"{file}.png"), png);
                }

        return path;
    }

    private static void Add(ZipArchive zip, string name, byte[] bytes)
    {
        using var stream = zip.CreateEntry(name).Open();
        stream.Write(bytes);
    }

    private static byte[] Png(int width, int height, byte red)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(new SKColor(red, 99, 7));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
