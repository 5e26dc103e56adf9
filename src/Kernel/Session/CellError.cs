using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using Lab.Abstractions;
using Microsoft.CodeAnalysis;

namespace Lab.Kernel.Session;

/// <summary>Turns what stopped a cell into an output that names the cell's own lines.</summary>
internal static class CellError
{
    public static ErrorOutput Of(Exception exception, string cellName, string code) => exception switch
    {
        CompilationException compilation => OfCompilation(compilation, cellName, code),
        MagicException magic => new(nameof(MagicException), magic.Message, [magic.Message]),
        _ => OfException(Unwrap(exception)),
    };

    private static ErrorOutput OfCompilation(CompilationException exception, string cellName, string code)
    {
        var lines = code.Split('\n');
        var traceback = exception.Errors.SelectMany(error =>
        {
            var position = error.Location.GetLineSpan().StartLinePosition;
            var line = position.Line < lines.Length ? lines[position.Line].TrimEnd('\r') : "";
            return new[]
            {
                $"{cellName}, line {position.Line + 1}: error {error.Id}: {error.GetMessage()}",
                "    " + line.Replace('\t', ' '),
                "    " + new string(' ', Math.Min(position.Character, line.Length)) + "^",
            };
        });
        return new(exception.Errors[0].Id, exception.Message, [.. traceback]);
    }

    /// <summary>What an exception says and where it came from, as lines.</summary>
    public static IReadOnlyList<string> Traceback(Exception exception)
    {
        var traceback = new List<string>();
        Describe(Unwrap(exception), "", traceback);
        return traceback;
    }

    private static ErrorOutput OfException(Exception exception) =>
        new(exception.GetType().Name, exception.Message, Traceback(exception));

    // The cells' own frames come first: they are what the reader can change.
    private static void Describe(Exception exception, string prefix, List<string> traceback)
    {
        traceback.Add($"{prefix}{exception.GetType().FullName}: {exception.Message}");
        var frames = new StackTrace(exception, fNeedFileInfo: true).GetFrames();
        traceback.AddRange(Shortened(frames.Where(IsCell), f => $"   {f.GetFileName()}, line {f.GetFileLineNumber()}"));
        traceback.AddRange(Shortened(frames.Where(f => !IsCell(f) && !IsMachinery(f)), f => $"   at {MethodName(f)}"));

        IEnumerable<Exception> inner = exception is AggregateException all ? all.Flatten().InnerExceptions : [.. new[] { exception.InnerException }.OfType<Exception>()];
        foreach (var cause in inner) Describe(Unwrap(cause), "---> ", traceback);
    }

    // Deep recursion leaves hundreds of thousands of frames, of which the first and the last tell all.
    private static IEnumerable<string> Shortened(IEnumerable<StackFrame> frames, Func<StackFrame, string> line)
    {
        const int head = 20, tail = 5;
        var all = frames.ToList();
        if (all.Count <= head + tail) return all.Select(line);
        return [.. all.Take(head).Select(line), $"   ... {all.Count - head - tail} more", .. all.TakeLast(tail).Select(line)];
    }

    private static Exception Unwrap(Exception exception) => exception switch
    {
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        AggregateException { InnerExceptions: [var single] } => Unwrap(single),
        _ => exception,
    };

    private static bool IsCell(StackFrame frame) => frame.GetFileName()?.StartsWith("Cell [", StringComparison.Ordinal) == true;

    private static bool IsMachinery(StackFrame frame)
    {
        var type = frame.GetMethod()?.DeclaringType;
        return type is null || type.Namespace is "System.Runtime.CompilerServices" or "System.Runtime.ExceptionServices" or "System.Threading.Tasks"
            || type.FullName!.StartsWith(typeof(CellError).Namespace!, StringComparison.Ordinal) || AssemblyLoadContext.GetLoadContext(type.Assembly) is CellLoadContext;
    }

    private static string MethodName(StackFrame frame)
    {
        var method = frame.GetMethod()!;
        return $"{method.DeclaringType}.{method.Name}({string.Join(", ", method.GetParameters().Select(p => p.ParameterType.Name))})";
    }
}
