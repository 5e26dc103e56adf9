namespace Lab.Cli;

/// <summary>A notebook to run and where its results go.</summary>
/// <param name="Path">The notebook.</param>
/// <param name="Title">Its path below the folder that was asked for, without extension.</param>
/// <param name="OutputPath">The executed copy.</param>
internal sealed record NotebookFile(string Path, string Title, string OutputPath)
{
    public string PagePath => System.IO.Path.ChangeExtension(OutputPath, ".html");

    /// <summary>A single notebook, or all below a folder in the order of their paths, without what a run wrote itself.</summary>
    /// <exception cref="UsageException">No such file or folder, no notebook in it, or results that would replace a notebook.</exception>
    public static IReadOnlyList<NotebookFile> Find(string path, string outputFolder)
    {
        if (File.Exists(path)) return [Single(path, outputFolder)];
        if (!Directory.Exists(path)) throw new UsageException($"There is no notebook and no folder {path}.");

        var files = Directory.EnumerateFiles(path, "*.ipynb", SearchOption.AllDirectories)
            .Where(f => !IsBelow(f, outputFolder) && !f.Split(System.IO.Path.DirectorySeparatorChar).Contains(".ipynb_checkpoints"))
            .Order(StringComparer.Ordinal)
            .Select(f => Of(f, System.IO.Path.GetRelativePath(path, f), outputFolder))
            .ToList();
        return files.Count > 0 ? files : throw new UsageException($"There is no notebook (*.ipynb) below {path}.");
    }

    private static NotebookFile Single(string path, string outputFolder) => Of(path, System.IO.Path.GetFileName(path), outputFolder);

    private static NotebookFile Of(string path, string relative, string outputFolder)
    {
        var output = System.IO.Path.Combine(outputFolder, relative);
        if (System.IO.Path.GetFullPath(output) == System.IO.Path.GetFullPath(path))
            throw new UsageException($"The results would replace the notebook {path} itself; choose another folder with --out.");
        return new NotebookFile(path, System.IO.Path.ChangeExtension(relative, null), output);
    }

    private static bool IsBelow(string path, string folder) =>
        System.IO.Path.GetFullPath(path).StartsWith(System.IO.Path.GetFullPath(folder) + System.IO.Path.DirectorySeparatorChar, StringComparison.Ordinal);
}
