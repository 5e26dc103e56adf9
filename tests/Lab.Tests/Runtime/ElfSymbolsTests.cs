using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Lab.Runtime;

namespace Lab.Tests.Runtime;

public class ElfSymbolsTests
{
    private const string Clock = "_ZNSt6chrono3_V212steady_clock3nowEv", Init = "_ZSt21ios_base_library_initv";

    [Fact]
    public void The_missing_import_becomes_the_clock_and_its_version_becomes_weak()
    {
        var image = SyntheticElf.Build(Clock, Init);

        Assert.True(ElfSymbols.RelaxMissingVersion(image));

        Assert.Equal((Clock, (ushort)2), SyntheticElf.Symbol(image, 1));
        Assert.Equal((Clock, (ushort)2), SyntheticElf.Symbol(image, 2));
        Assert.Equal(2, SyntheticElf.MissingVersionFlags(image));
    }

    [Fact]
    public void A_cured_library_is_cured_again_to_the_same_bytes()
    {
        var image = SyntheticElf.Build(Clock, Init);
        ElfSymbols.RelaxMissingVersion(image);
        var again = image.ToArray();
        ElfSymbols.RelaxMissingVersion(again);
        Assert.Equal(image, again);
    }

    [Fact]
    public void A_library_without_the_version_is_left_as_it_is()
    {
        var image = SyntheticElf.Build(Clock, Init, version: "GLIBCXX_3.4.19");
        var before = image.ToArray();
        Assert.False(ElfSymbols.RelaxMissingVersion(image));
        Assert.Equal(before, image);
    }

    [Fact]
    public void Another_symbol_of_the_version_is_refused_by_name()
    {
        var image = SyntheticElf.Build(Clock, "_ZNew_in_gcc13");
        var error = Assert.Throws<BadImageFormatException>(() => ElfSymbols.RelaxMissingVersion(image));
        Assert.Contains("_ZNew_in_gcc13", error.Message);
    }

    [Fact]
    public void A_library_without_the_clock_is_refused() =>
        Assert.Throws<BadImageFormatException>(() => ElfSymbols.RelaxMissingVersion(SyntheticElf.Build("_Zother", Init)));

    [Fact]
    public void A_file_that_is_not_elf_is_refused() =>
        Gen.Byte.Array[0, 200].Sample(bytes => { Assert.Throws<BadImageFormatException>(() => ElfSymbols.RelaxMissingVersion(bytes)); }, iter: 200);

    [Fact]
    public void The_real_bridge_asks_for_the_version_and_loads_in_this_process()
    {
        if (!OperatingSystem.IsLinux()) return; // other systems have no such library
        var bridge = Directory.EnumerateFiles(AppContext.BaseDirectory, "libLibTorchSharp.so", SearchOption.AllDirectories).First();
        var image = File.ReadAllBytes(bridge);
        Assert.True(ElfSymbols.RelaxMissingVersion(image));
        Assert.Equal(4f, (TorchSharp.torch.ones(2, 2) * 1).sum().item<float>());
    }
}

/// <summary>The smallest ELF image with two imported symbols: one of version 2, one of the version under test.</summary>
internal static class SyntheticElf
{
    private const int Symbols = 64, Versions = 136, Needs = 144, Names = 192, Headers = 512;

    public static byte[] Build(string first, string second, string version = ElfSymbols.MissingVersion)
    {
        var image = new byte[Headers + 5 * 64];
        "\u007fELF\u0002\u0001"u8.CopyTo(image);
        Put64(image, 0x28, Headers);
        Put16(image, 0x3c, 5);

        var names = new MemoryStream(image, Names, 300);
        var (_, firstName, secondName, versionName, otherName) = (Put(names, ""), Put(names, first), Put(names, second), Put(names, version), Put(names, "GLIBCXX_3.4"));
        Put32(image, Symbols + 24, firstName);
        Put32(image, Symbols + 48, secondName);
        Put16(image, Versions + 2, 2);
        Put16(image, Versions + 4, 3);

        Put16(image, Needs + 2, 2);   // two versions of one library
        Put32(image, Needs + 8, 16);  // the first right behind
        PutNeed(image, Needs + 16, index: 2, otherName, next: 16);
        PutNeed(image, Needs + 32, index: 3, versionName, next: 0);

        PutSection(image, 0, type: 11, Symbols, 72, link: 1);
        PutSection(image, 1, type: 3, Names, 300);
        PutSection(image, 2, type: 0x6fffffff, Versions, 6);
        PutSection(image, 3, type: 0x6ffffffe, Needs, 48);
        return image;
    }

    public static (string Name, ushort Version) Symbol(byte[] image, int index)
    {
        var text = image.AsSpan(Names + (int)BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(Symbols + 24 * index)));
        return (Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]), BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(Versions + 2 * index)));
    }

    public static int MissingVersionFlags(byte[] image) => BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(Needs + 32 + 4));

    private static void PutNeed(byte[] image, int at, ushort index, uint name, uint next)
    {
        Put16(image, at + 6, index);
        Put32(image, at + 8, name);
        Put32(image, at + 12, next);
    }

    private static void PutSection(byte[] image, int index, uint type, ulong offset, ulong length, uint link = 0)
    {
        var header = Headers + 64 * index;
        Put32(image, header + 4, type);
        Put64(image, header + 0x18, offset);
        Put64(image, header + 0x20, length);
        Put32(image, header + 0x28, link);
    }

    private static uint Put(MemoryStream names, string name)
    {
        var at = (uint)names.Position;
        names.Write(Encoding.ASCII.GetBytes(name + "\0"));
        return at;
    }

    private static void Put16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);
    private static void Put32(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
    private static void Put64(byte[] image, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(at), value);
}
