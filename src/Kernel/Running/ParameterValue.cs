using System.Globalization;
using Lab.Syntax;
using Microsoft.CodeAnalysis.CSharp;

namespace Lab.Kernel.Running;

/// <summary>Turns the text behind <c>-p name=</c> into a C# literal of the declared type.</summary>
internal static class ParameterValue
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;
    private const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
    private static readonly CultureInfo invariant = CultureInfo.InvariantCulture;

    /// <returns>The literal, e.g. <c>0.5F</c> for 0.5 where the variable is a float.</returns>
    /// <exception cref="ParameterException">Not of the type, outside the range, or none of the choices.</exception>
    public static string ToLiteral(ParameterDeclaration parameter, string text)
    {
        if (parameter.IsNullable && text == "null") return "null";

        var value = Parse(parameter.CoreType, text) switch
        {
            (true, { } parsed) => parsed,
            (true, null) => throw Wrong(parameter, text, $"cannot be set from outside, because its type is {parameter.Type}; use a number, bool or string"),
            _ => throw Wrong(parameter, text, $"expects a value of type {parameter.Type}"),
        };

        if (parameter.Range is { } range && value is not (string or bool) && !range.Contains(Convert.ToDouble(value, invariant)))
            throw Wrong(parameter, text, $"must be within {range.Text}");
        if (parameter.Choices.Count > 0 && !parameter.Choices.Any(c => value.Equals(Parse(parameter.CoreType, c).Value)))
            throw Wrong(parameter, text, $"must be one of {string.Join(", ", parameter.Choices)}");
        return SymbolDisplay.FormatPrimitive(value, quoteStrings: true, useHexadecimalNumbers: false) + Suffix(value);
    }

    // (false, null): not a value of the type; (true, null): a type that no text can name.
    private static (bool Known, object? Value) Parse(string type, string text) => type switch
    {
        "string" => (true, text),
        "bool" => bool.TryParse(text, out var v) ? (true, v) : default,
        "int" => int.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "long" => long.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "short" => short.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "byte" => byte.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "uint" => uint.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "ulong" => ulong.TryParse(text, Integer, invariant, out var v) ? (true, v) : default,
        "double" => double.TryParse(text, Real, invariant, out var v) && double.IsFinite(v) ? (true, v) : default,
        "float" => float.TryParse(text, Real, invariant, out var v) && float.IsFinite(v) ? (true, v) : default,
        "decimal" => decimal.TryParse(text, Real, invariant, out var v) ? (true, v) : default,
        _ => (true, null),
    };

    private static string Suffix(object value) => value switch
    {
        long => "L",
        uint => "U",
        ulong => "UL",
        float => "F",
        decimal => "M",
        double d when d == Math.Floor(d) && Math.Abs(d) < 1e15 => ".0",
        _ => "",
    };

    private static ParameterException Wrong(ParameterDeclaration parameter, string text, string reason) =>
        new($"Parameter {parameter.Name} = '{text}': {parameter.Name} {reason}{(parameter.Meaning.Length > 0 ? $" ({parameter.Meaning})" : "")}.");
}
