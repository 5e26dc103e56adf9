namespace Lab.Tokens;

/// <summary>A way to go on with fewer tokens.</summary>
public interface ITokenReducer
{
    /// <summary>In tables and legends.</summary>
    string Name { get; }

    /// <summary>Chooses what becomes of the tokens. Nothing is trained.</summary>
    /// <param name="view">N tokens of every picture.</param>
    /// <param name="keep">M of them, 1..N.</param>
    /// <returns>In the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">Another number to keep.</exception>
    Reduction Reduce(TokenView view, int keep);

    /// <summary>Multiply-adds of one picture that the choice itself and its application take.</summary>
    /// <param name="tokens">N.</param>
    /// <param name="keep">M.</param>
    /// <param name="dim">Width of a token.</param>
    /// <param name="keyDim">Width of a key.</param>
    long Macs(long tokens, long keep, long dim, long keyDim);
}
