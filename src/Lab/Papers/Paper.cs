namespace Lab.Papers;

/// <summary>Whether a paper can be run.</summary>
public enum PaperStatus
{
    /// <summary>Specified, no notebook yet.</summary>
    Planned,

    /// <summary>Its notebook runs.</summary>
    Ready,
}

/// <summary>A paper of the collection, as its card shows it.</summary>
/// <param name="Slug">Names the paper in commands, folders and files.</param>
/// <param name="Title">As published.</param>
/// <param name="Authors">Null where the specification names none.</param>
/// <param name="ArXiv">Number, e.g. <c>2104.05704</c>.</param>
/// <param name="Date">Of the first version, e.g. <c>April 2021</c>.</param>
/// <param name="Link">Where to read it.</param>
/// <param name="Theme">Folder of the notebook, e.g. <c>classification</c>.</param>
/// <param name="Reported">What the paper claims: its main numbers.</param>
/// <param name="Reproduces">What the notebook reproduces, and at what scale.</param>
/// <param name="Status">Whether it can be run.</param>
/// <param name="Notebook">Path of the notebook from the repository's root; null while planned.</param>
public sealed record Paper(
    string Slug, string Title, string? Authors, string ArXiv, string Date, Uri Link, string Theme,
    IReadOnlyList<string> Reported, string Reproduces, PaperStatus Status, string? Notebook);
