using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Lab.Kernel.Session;

/// <summary>The names of a cell that decide which cells before it can be forgotten.</summary>
/// <param name="Declared">Its variables and types, in every sense in which a later declaration has to replace them.</param>
/// <param name="Overloaded">What else it declares: methods and the like, which later ones join rather than hide.</param>
/// <param name="Imports">Whether it has <c>using</c> directives, which hold for all later cells.</param>
/// <param name="Mentioned">Every name in its code that could mean what another cell declares.</param>
internal sealed record CellNames(
    ImmutableArray<CellNames.Declaration> Declared, ImmutableArray<string> Overloaded, bool Imports, IReadOnlySet<string> Mentioned)
{
    /// <summary>What the compiler can be looking for when it meets a name; it passes over what does not fit.</summary>
    public enum Sense
    {
        /// <summary>A variable.</summary>
        Value,

        /// <summary>A variable that can be called.</summary>
        Call,

        /// <summary>A type.</summary>
        Type,

        /// <summary>A type that can stand in brackets.</summary>
        Attribute,
    }

    /// <summary>Whether later cells need the cell whatever they declare.</summary>
    public bool IsLasting => Imports || Overloaded.Length > 0;

    public static CellNames Of(CSharpCompilation cell)
    {
        var members = cell.ScriptClass!.GetMembers().Where(member => !member.IsImplicitlyDeclared).ToList();
        var root = cell.SyntaxTrees[0].GetCompilationUnitRoot();
        return new(
            [.. members.SelectMany(Declarations)], [.. members.Where(member => member is not (IFieldSymbol or INamedTypeSymbol)).Select(member => member.Name)],
            root is { Usings.Count: > 0 } or { Externs.Count: > 0 }, root.DescendantNodes().OfType<SimpleNameSyntax>().SelectMany(Meant).ToHashSet());
    }

    private static IEnumerable<Declaration> Declarations(ISymbol member)
    {
        if (member is IFieldSymbol field)
        {
            yield return new(field.Name, 0, Sense.Value);
            if (field.Type.TypeKind is TypeKind.Delegate or TypeKind.Dynamic or TypeKind.FunctionPointer) yield return new(field.Name, 0, Sense.Call);
        }
        else if (member is INamedTypeSymbol type)
        {
            yield return new(type.Name, type.Arity, Sense.Type);
            if (IsAttribute(type)) yield return new(type.Name, type.Arity, Sense.Attribute);
        }
    }

    private static bool IsAttribute(INamedTypeSymbol? type)
    {
        for (; type is not null; type = type.BaseType)
            if (type.ToDisplayString() == typeof(Attribute).FullName) return true;
        return false;
    }

    // [Name] can mean NameAttribute.
    private static IEnumerable<string> Meant(SimpleNameSyntax name) =>
        name.Parent is AttributeSyntax or QualifiedNameSyntax { Parent: AttributeSyntax }
            ? [name.Identifier.ValueText, name.Identifier.ValueText + nameof(Attribute)]
            : [name.Identifier.ValueText];

    /// <summary>A name in one sense: of two cells that declare the same, the later one hides the earlier.</summary>
    /// <param name="Name">As the code has it.</param>
    /// <param name="Arity">The number of type parameters.</param>
    /// <param name="Sense">What it can be taken for.</param>
    public readonly record struct Declaration(string Name, int Arity, Sense Sense);
}
