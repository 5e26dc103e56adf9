using System.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Extensions.Formatters;

/// <summary>Modules as a tree of their layers, each with its type, its own parameters and the count below it.</summary>
internal static class ModuleFormatter
{
    private const int MostLines = 200;

    public static void Register() => Format.Register<nn.Module>((Format.Html, ToHtml), (Format.Text, ToText));

    private static string ToHtml(nn.Module module) => Markup.Output($"<pre>{Markup.Escape(ToText(module))}</pre>");

    private static string ToText(nn.Module module)
    {
        var all = module.parameters().ToArray();
        var lines = new List<string> { $"{Name(module)}: {Format.Count(Count(all))} parameters{Places(all)}" };
        AddChildren(lines, module, "");
        if (lines.Count <= MostLines) return string.Join('\n', lines);
        return string.Join('\n', lines.Take(MostLines).Append($"... {lines.Count - MostLines} more layers"));
    }

    private static void AddChildren(List<string> lines, nn.Module module, string indent)
    {
        var children = module.named_children().ToArray();
        for (var i = 0; i < children.Length; i++)
        {
            var (name, child) = children[i];
            var last = i == children.Length - 1;
            lines.Add($"{indent}{(last ? "└─ " : "├─ ")}{name}: {Name(child)}{Own(child)}");
            AddChildren(lines, child, indent + (last ? "   " : "│  "));
        }
    }

    // A leaf shows the shapes of its parameters, an inner node how many lie below it.
    private static string Own(nn.Module module)
    {
        var text = new StringBuilder();
        var count = Count(module.parameters());
        if (module.named_children().Any()) return count > 0 ? $"  {Format.Count(count)}" : "";
        foreach (var (name, parameter) in module.named_parameters(recurse: false)) text.Append($"  {name} [{string.Join(", ", parameter.shape)}]");
        return text.ToString();
    }

    private static string Places(Parameter[] parameters)
    {
        if (parameters.Length == 0) return "";
        var places = parameters.Select(p => $"{p.dtype.ToString().ToLowerInvariant()} on {p.device}").Distinct();
        var frozen = Count(parameters.Where(p => !p.requires_grad));
        return $", {string.Join(" and ", places)}{(frozen > 0 ? $", {Format.Count(frozen)} frozen" : "")}";
    }

    // libtorch's own containers call themselves torch::nn::SequentialImpl.
    private static string Name(nn.Module module)
    {
        var name = module.GetName().Split("::")[^1];
        return name.EndsWith("Impl", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private static long Count(IEnumerable<Parameter> parameters) => parameters.Sum(parameter => parameter.numel());
}
