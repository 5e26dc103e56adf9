namespace Lab.Kernel.Publishing;

/// <summary>A notebook cannot be published as it is; the message says why and what to do.</summary>
public sealed class PublicationException(string message) : Exception(message);
