namespace Lab.Training;

/// <summary>A safetensors file is malformed, or does not fit what it was loaded for.</summary>
public sealed class SafetensorsException : IOException
{
    internal SafetensorsException(string path, string cause, Exception? inner = null) : base($"{path}: {cause}", inner)
    {
    }
}
