using System.Buffers.Binary;
using System.Text;

namespace Lab.Runtime;

/// <summary>
/// Lets a shared library load where libstdc++ lacks <c>GLIBCXX_3.4.32</c>. Libraries built with GCC 13 import one symbol
/// of that version, <c>_ZSt21ios_base_library_initv</c>, which initialises iostreams; an older libstdc++ does that by
/// itself, so the call may be any harmless one. The import is renamed to a function without arguments that the library
/// imports anyway, and the version is marked weak, so that the dynamic linker no longer insists on it.
/// </summary>
internal static class ElfSymbols
{
    public const string MissingVersion = "GLIBCXX_3.4.32";
    private const string MissingSymbol = "_ZSt21ios_base_library_initv";
    private const string HarmlessSymbol = "_ZNSt6chrono3_V212steady_clock3nowEv";

    private const int SymbolSize = 24, VersionNeedSize = 16, SectionHeaderSize = 64;
    private const ushort WeakVersion = 2;

    /// <summary>Rewrites the image of a 64-bit little-endian ELF library in place.</summary>
    /// <returns>False if the library does not ask for <see cref="MissingVersion"/> and was left as it is.</returns>
    /// <exception cref="BadImageFormatException">Not such an ELF file, or it uses the version in a way this cure does not cover.</exception>
    public static bool RelaxMissingVersion(Span<byte> image)
    {
        var sections = Sections.Read(image);
        var need = FindVersionNeed(image, sections);
        if (need < 0) return false;

        var index = BinaryPrimitives.ReadUInt16LittleEndian(image[(need + 6)..]);
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(image[(need + 4)..]);
        var (harmlessName, harmlessVersion) = FindSymbol(image, sections, HarmlessSymbol);

        var count = (int)sections.DynamicSymbols.Length / SymbolSize;
        for (var i = 0; i < count; i++)
        {
            var version = image[((int)sections.SymbolVersions.Offset + 2 * i)..];
            if (BinaryPrimitives.ReadUInt16LittleEndian(version) != index) continue;

            var symbol = image[((int)sections.DynamicSymbols.Offset + SymbolSize * i)..];
            var name = Name(image, sections.Names, BinaryPrimitives.ReadUInt32LittleEndian(symbol));
            if (name != MissingSymbol)
                throw new BadImageFormatException($"The library imports {name} of {MissingVersion}, which an older libstdc++ cannot replace.");
            BinaryPrimitives.WriteUInt32LittleEndian(symbol, harmlessName);
            BinaryPrimitives.WriteUInt16LittleEndian(version, harmlessVersion);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(image[(need + 4)..], (ushort)(flags | WeakVersion));
        return true;
    }

    // .gnu.version_r: one Verneed per library, each with a chain of Vernaux entries, one per version.
    private static int FindVersionNeed(ReadOnlySpan<byte> image, Sections sections)
    {
        for (var need = (int)sections.NeededVersions.Offset; ;)
        {
            var entry = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(need + 8)..]);
            for (var left = BinaryPrimitives.ReadUInt16LittleEndian(image[(need + 2)..]); left > 0; left--)
            {
                if (Name(image, sections.Names, BinaryPrimitives.ReadUInt32LittleEndian(image[(entry + 8)..])) == MissingVersion) return entry;
                entry += (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(entry + 12)..]);
            }

            var next = (int)BinaryPrimitives.ReadUInt32LittleEndian(image[(need + 12)..]);
            if (next < VersionNeedSize) return -1;
            need += next;
        }
    }

    private static (uint Name, ushort Version) FindSymbol(ReadOnlySpan<byte> image, Sections sections, string name)
    {
        for (var i = 0; i < (int)sections.DynamicSymbols.Length / SymbolSize; i++)
        {
            var offset = BinaryPrimitives.ReadUInt32LittleEndian(image[((int)sections.DynamicSymbols.Offset + SymbolSize * i)..]);
            if (Name(image, sections.Names, offset) == name)
                return (offset, BinaryPrimitives.ReadUInt16LittleEndian(image[((int)sections.SymbolVersions.Offset + 2 * i)..]));
        }

        throw new BadImageFormatException($"The library does not import {name}, which is to stand in for {MissingSymbol}.");
    }

    private static string Name(ReadOnlySpan<byte> image, Section names, uint offset)
    {
        var text = image[(int)(names.Offset + offset)..];
        return Encoding.ASCII.GetString(text[..text.IndexOf((byte)0)]);
    }

    private readonly record struct Section(ulong Offset, ulong Length);

    private readonly record struct Sections(Section DynamicSymbols, Section Names, Section SymbolVersions, Section NeededVersions)
    {
        private const uint DynamicSymbolsType = 11, SymbolVersionsType = 0x6fffffff, NeededVersionsType = 0x6ffffffe;

        public static Sections Read(ReadOnlySpan<byte> image)
        {
            if (image.Length < 64 || !image[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
                throw new BadImageFormatException("Not a 64-bit little-endian ELF file.");

            var table = (int)BinaryPrimitives.ReadUInt64LittleEndian(image[0x28..]);
            var count = BinaryPrimitives.ReadUInt16LittleEndian(image[0x3c..]);
            if (table <= 0 || table + count * SectionHeaderSize > image.Length)
                throw new BadImageFormatException("The section table lies outside the file.");

            var symbols = Find(image, table, count, DynamicSymbolsType, "dynamic symbols");
            var names = BinaryPrimitives.ReadUInt32LittleEndian(image[(symbols + 0x28)..]); // sh_link of .dynsym is .dynstr
            return new(At(image, symbols), At(image, table + (int)names * SectionHeaderSize),
                At(image, Find(image, table, count, SymbolVersionsType, "symbol versions")),
                At(image, Find(image, table, count, NeededVersionsType, "needed versions")));
        }

        private static int Find(ReadOnlySpan<byte> image, int table, int count, uint type, string what)
        {
            for (var header = table; header < table + count * SectionHeaderSize; header += SectionHeaderSize)
                if (BinaryPrimitives.ReadUInt32LittleEndian(image[(header + 4)..]) == type) return header;
            throw new BadImageFormatException($"The file has no section with {what}.");
        }

        private static Section At(ReadOnlySpan<byte> image, int header)
        {
            var section = new Section(BinaryPrimitives.ReadUInt64LittleEndian(image[(header + 0x18)..]), BinaryPrimitives.ReadUInt64LittleEndian(image[(header + 0x20)..]));
            return section.Offset + section.Length <= (ulong)image.Length
                ? section
                : throw new BadImageFormatException("A section lies outside the file.");
        }
    }
}
