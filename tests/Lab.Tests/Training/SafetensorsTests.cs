using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class SafetensorsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-safetensors-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string FilePath => Path.Combine(folder, "weights.safetensors");

    [Fact]
    public void Every_type_comes_back_bit_for_bit_with_its_shape()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["f64"] = tensor([1.5, double.NaN, double.NegativeInfinity]),
            ["f32"] = tensor([0.1f, -0f, float.Epsilon, 4f]).reshape(2, 2),
            ["f16"] = tensor([0.5f, 65504f]).to(float16),
            ["bf16"] = tensor([0.5f, 3e38f]).to(bfloat16),
            ["i64"] = tensor([long.MinValue, 7L]),
            ["i32"] = tensor([int.MaxValue]),
            ["i16"] = tensor([(short)-3]),
            ["i8"] = tensor([(sbyte)-1]),
            ["u8"] = tensor([(byte)255, (byte)0, (byte)1]),
            ["bool"] = tensor([true, false, true]),
            ["scalar"] = tensor(2f),
            ["empty"] = zeros(0, 3),
        };

        Safetensors.Save(FilePath, tensors);

        using var file = Safetensors.Load(FilePath);
        Assert.Equal(tensors.Keys.Order(), file.Tensors.Keys.Order());
        foreach (var (name, expected) in tensors)
        {
            Assert.Equal(expected.dtype, file[name].dtype);
            Assert.Equal(expected.shape, file[name].shape);
            Assert.Equal(expected.bytes.ToArray(), file[name].bytes.ToArray());
        }
    }

    [Fact]
    public void A_strided_view_is_written_as_the_numbers_it_shows()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["t"] = arange(6f).reshape(2, 3).t() });
        using var file = Safetensors.Load(FilePath);
        Assert.Equal([0f, 3f, 1f, 4f, 2f, 5f], file["t"].data<float>().ToArray());
    }

    [Fact]
    public void The_bytes_are_those_of_the_format_and_do_not_depend_on_the_order_of_the_dictionary()
    {
        using var scope = NewDisposeScope();
        var flag = tensor([true]);
        var weight = tensor([1f, 2f]);
        var notes = new Dictionary<string, string> { ["z"] = "last", ["a"] = "é" };

        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["flag"] = flag, ["weight"] = weight }, notes);
        var bytes = File.ReadAllBytes(FilePath);
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["weight"] = weight, ["flag"] = flag }, notes);

        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
        var length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Assert.Equal(0, length % 8);
        Assert.Equal(
            """{"__metadata__":{"a":"é","z":"last"},"weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]}}""",
            Encoding.UTF8.GetString(bytes, 8, length).TrimEnd(' '));
        Assert.Equal([0, 0, 128, 63, 0, 0, 0, 64, 1], bytes[(8 + length)..]);
        using var file = Safetensors.Load(FilePath);
        Assert.Equal(notes, file.Metadata);
    }

    [Fact]
    public void Saving_replaces_the_old_file_and_leaves_nothing_beside_it()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["t"] = zeros(1000) });
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["t"] = ones(1) });
        using var file = Safetensors.Load(FilePath);
        Assert.Equal(1, file["t"].item<float>());
        Assert.Equal([FilePath], Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("""{"t":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype 'F33'")]
    [InlineData("""{"t":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "'t' of F32 [2] does not fill its data_offsets [0, 4]")]
    [InlineData("""{"t":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,4]}}""", 4, "does not fill")]
    [InlineData("""{"t":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "needs a dtype, a shape of sizes and data_offsets")]
    [InlineData("""{"t":{"dtype":"F32","shape":[1]}}""", 4, "needs a dtype, a shape of sizes and data_offsets")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""", 6, "'b' overlaps")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]}}""", 6, "bytes [2, 4) before tensor 'b'")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"t":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""", 8, "'t' occurs twice")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 3, "promises 4 bytes of data, but 3 follow: truncated")]
    [InlineData("""{"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 5, "1 bytes behind the last tensor")]
    [InlineData("""{"__metadata__":{"step":3}}""", 0, "__metadata__ must map text to text")]
    [InlineData("""{"t":""", 0, "not JSON")]
    [InlineData("[]", 0, "expected an object")]
    public void A_malformed_header_is_named_with_file_and_cause(string json, int dataBytes, string cause)
    {
        Write((ulong)Encoding.UTF8.GetByteCount(json), Encoding.UTF8.GetBytes(json), new byte[dataBytes]);
        AssertMalformed(cause);
    }

    [Fact]
    public void A_file_shorter_than_its_length_field_is_named()
    {
        File.WriteAllBytes(FilePath, [1, 2, 3]);
        AssertMalformed("3 bytes are too few");
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(ulong.MaxValue)]
    public void A_header_length_beyond_the_file_is_named(ulong length)
    {
        Write(length, "{}"u8.ToArray());
        AssertMalformed($"said to have {length} bytes, but only 2 follow");
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["a"] = ones(3), ["b"] = tensor([true]) });
        var whole = File.ReadAllBytes(FilePath);
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(FilePath, whole[..length]);
            Assert.Throws<SafetensorsException>(() => Safetensors.Load(FilePath));
        }
    }

    [Fact]
    public void A_header_with_any_byte_changed_is_read_or_refused_but_never_breaks_the_reader()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["aé"] = ones(3), ["b"] = tensor([true]) }, new Dictionary<string, string> { ["k"] = "v" });
        var whole = File.ReadAllBytes(FilePath);
        var header = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(whole);
        Gen.Select(Gen.Int[0, header - 1], Gen.Byte).Sample((place, value) =>
        {
            var changed = whole.ToArray();
            changed[place] = value;
            File.WriteAllBytes(FilePath, changed);
            try
            {
                Safetensors.Load(FilePath).Dispose();
            }
            catch (SafetensorsException)
            {
            }
        }, iter: 1000, threads: 1);
    }

    [Fact]
    public void A_write_that_fails_keeps_the_old_file_and_leaves_no_part()
    {
        using var scope = NewDisposeScope();
        Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["t"] = ones(1) });
        if (OperatingSystem.IsLinux()) File.CreateSymbolicLink(FilePath + ".tmp", "/dev/full"); // a disk without space
        else Directory.CreateDirectory(FilePath + ".tmp");

        Assert.ThrowsAny<SystemException>(() => Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["t"] = zeros(1_000_000) }));

        using var file = Safetensors.Load(FilePath);
        Assert.Equal(1, file["t"].item<float>());
        Assert.Equal([FilePath], Directory.GetFiles(folder));
    }

    [Fact]
    public void What_the_format_cannot_hold_is_refused_before_anything_is_written()
    {
        using var scope = NewDisposeScope();
        var complex = Assert.Throws<SafetensorsException>(() =>
            Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["c"] = zeros(1, complex64) }));
        Assert.Contains("'c' is ComplexFloat32", complex.Message);
        Assert.Throws<SafetensorsException>(() => Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["__metadata__"] = zeros(1) }));
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Fact]
    public void Loading_keeps_no_tensor_alive_when_the_file_fails_or_is_disposed()
    {
        var before = LiveTensors.Settled();
        using (var scope = NewDisposeScope())
            Safetensors.Save(FilePath, new Dictionary<string, Tensor> { ["a"] = ones(3), ["b"] = ones(2) });
        Safetensors.Load(FilePath).Dispose();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private void AssertMalformed(string cause)
    {
        var error = Assert.Throws<SafetensorsException>(() => Safetensors.Load(FilePath));
        Assert.Contains(cause, error.Message);
        Assert.Contains(FilePath, error.Message);
    }

    private void Write(ulong length, params byte[][] parts)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        File.WriteAllBytes(FilePath, [.. prefix, .. parts.SelectMany(p => p)]);
    }
}
