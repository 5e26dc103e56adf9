namespace Kernel.Tests.Notebooks;

/// <summary>An empty folder that goes away with its owner.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lab-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
