namespace Lab.Cli;

/// <summary>How this program is started again.</summary>
internal static class OwnProgram
{
    /// <summary>The program itself, or <c>dotnet Lab.Cli.dll</c> where that is how it was started.</summary>
    public static IReadOnlyList<string> Command { get; } = Find();

    private static string[] Find()
    {
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not tell the path of this program.");
        return Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, typeof(OwnProgram).Assembly.Location] : [program];
    }
}
