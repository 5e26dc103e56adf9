using System.Text;
using Lab.Kernel.Notebooks;
using Lab.Syntax;

namespace Lab.Kernel.Running;

/// <summary>
/// Sets a notebook's parameters from outside as papermill does: a cell with tag <c>injected-parameters</c> follows the one
/// with tag <c>parameters</c>. Unlike papermill, every name and value is checked against the declarations first.
/// </summary>
internal static class ParameterInjection
{
    private const string ParametersTag = "parameters";
    private const string InjectedTag = "injected-parameters";

    /// <returns>The parameters that the notebook declares; none without a parameters cell.</returns>
    public static IReadOnlyList<ParameterDeclaration> Declared(NotebookDocument notebook) =>
        Tagged(notebook, ParametersTag) is { } cell ? Declarations.Parse(cell.Source) : [];

    /// <summary>Adds the injected cell, or replaces the one of an earlier run. Without parameters the notebook stays as it is.</summary>
    /// <returns>The C# literal of each parameter.</returns>
    /// <exception cref="ParameterException">No parameters cell, an unknown name, or a value that does not fit; the notebook is unchanged.</exception>
    public static IReadOnlyDictionary<string, string> Apply(NotebookDocument notebook, IReadOnlyDictionary<string, string> parameters)
    {
        if (parameters.Count == 0) return parameters;

        var cell = ParametersCell(notebook, parameters);
        var literals = Literals(notebook, cell, parameters);

        Remove(notebook);
        notebook.InsertCode(IndexOf(notebook, cell) + 1, InjectedTag, Code(literals), InjectedTag);
        return literals;
    }

    /// <summary>Whether the notebook takes these parameters.</summary>
    /// <exception cref="ParameterException">No parameters cell, an unknown name, or a value that does not fit.</exception>
    public static void Check(NotebookDocument notebook, IReadOnlyDictionary<string, string> parameters)
    {
        if (parameters.Count > 0) Literals(notebook, ParametersCell(notebook, parameters), parameters);
    }

    /// <summary>Takes the injected cell out.</summary>
    /// <returns>Its source; null when there was none.</returns>
    public static string? Remove(NotebookDocument notebook)
    {
        if (Tagged(notebook, InjectedTag) is not { } cell) return null;
        notebook.Remove(cell);
        return cell.Source;
    }

    private static NotebookCell ParametersCell(NotebookDocument notebook, IReadOnlyDictionary<string, string> parameters) => Tagged(notebook, ParametersTag)
        ?? throw new ParameterException($"{notebook.Name} has no cell with tag '{ParametersTag}', so {string.Join(", ", parameters.Keys)} cannot be set.");

    private static OrderedDictionary<string, string> Literals(NotebookDocument notebook, NotebookCell cell, IReadOnlyDictionary<string, string> parameters)
    {
        var declared = Declarations.Parse(cell.Source);
        var literals = new OrderedDictionary<string, string>();
        foreach (var (name, text) in parameters)
        {
            var parameter = declared.FirstOrDefault(p => p.Name == name)
                ?? throw new ParameterException($"{notebook.Name} has no parameter '{name}'. It has: {string.Join(", ", declared.Select(p => p.Name))}.");
            literals[name] = ParameterValue.ToLiteral(parameter, text);
        }

        return literals;
    }

    private static string Code(OrderedDictionary<string, string> literals)
    {
        var code = new StringBuilder("// Parameters");
        foreach (var (name, literal) in literals) code.Append($"\n{name} = {literal};");
        return code.ToString();
    }

    private static NotebookCell? Tagged(NotebookDocument notebook, string tag) =>
        notebook.Cells.FirstOrDefault(c => c.Type == CellType.Code && c.Tags.Contains(tag));

    private static int IndexOf(NotebookDocument notebook, NotebookCell cell) => notebook.Cells.ToList().IndexOf(cell);
}
