namespace Lab.Kernel.Session;

/// <summary>Asks the user on behalf of a cell.</summary>
public interface IUserInput
{
    /// <summary>Waits for a line of text.</summary>
    /// <returns>The line; null when the user has ended the input.</returns>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    string? Ask(string prompt, bool secret, CancellationToken cancellation);
}
