using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>A law of token sequences, such as a language model.</summary>
public interface INextTokenModel
{
    /// <summary>Gives its tokens.</summary>
    Bpe Tokenizer { get; }

    /// <summary>Logarithms of the probabilities of all tokens of the vocabulary behind <paramref name="prefix"/>.</summary>
    double[] LogProbabilities(ReadOnlySpan<int> prefix);
}

/// <summary>A law of byte sequences that is asked byte by byte.</summary>
public interface INextByteModel
{
    /// <summary>Probabilities of the 256 bytes behind the text so far; they sum to 1.</summary>
    double[] Law();

    /// <summary>The text goes on with this byte.</summary>
    /// <exception cref="InvalidOperationException">The byte has probability 0.</exception>
    void Append(byte value);
}
