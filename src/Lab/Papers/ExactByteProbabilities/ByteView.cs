using Lab.Text;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>
/// Makes a model of tokens a model of bytes, exactly: it keeps the cover encodings of the text so far, and asks the token
/// model once per byte, for what may follow the one encoding that ends where the text ends.
/// </summary>
/// <remarks>Source: Phan et al. 2024, section 3.3 (arXiv 2410.09303); next_byte_update of the reference repository.</remarks>
public sealed class ByteView : INextByteModel
{
    private readonly INextTokenModel model;
    private readonly ValidPairs pairs;
    private readonly int contextLength;
    private List<Entry> entries;
    private double[]? law; // of tokens behind the encoding that ends with the text

    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="context">Tokens before the text; a text may follow, but no token of it may join with the context's last.</param>
    /// <exception cref="InvalidOperationException">Pieces of the tokenizer end where only later text tells.</exception>
    public ByteView(INextTokenModel model, IReadOnlyList<int>? context = null)
    {
        (this.model, pairs) = (model, ValidPairs.Of(model.Tokenizer));
        contextLength = context?.Count ?? 0;
        entries = [new([.. context ?? []], null, 0, 0)];
    }

    /// <summary>A view at the end of a prompt. Only the prompt's last piece is taken byte by byte: up to there, all encodings agree.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="prompt">May end inside a token or a character.</param>
    /// <param name="context">Tokens before the prompt.</param>
    /// <returns>A view that counts probabilities from the start of the last piece on.</returns>
    /// <exception cref="InvalidOperationException">Pieces of the tokenizer end where only later text tells, or the prompt has probability 0.</exception>
    public static ByteView Behind(INextTokenModel model, ReadOnlySpan<byte> prompt, IReadOnlyList<int>? context = null)
    {
        var start = Pieces.LastStart(model.Tokenizer.PreTokenizer, prompt);
        var view = new ByteView(model, [.. context ?? [], .. model.Tokenizer.Encode(prompt[..start])]);
        foreach (var value in prompt[start..]) view.Append(value);
        return view;
    }

    /// <summary>Also counts tokens that no encoding has at that place: a trained model gives them little, and the check costs time.</summary>
    public bool CountsInvalidTokens { get; init; }

    /// <summary>The cover encodings of the text since the view began.</summary>
    public IReadOnlyList<CoverEncoding> Cover =>
        [.. entries.Select(entry => new CoverEncoding(entry.Sequence[contextLength..], Leftover(entry).Length, entry.LogProbability))];

    /// <summary>Logarithm of the probability of the text since the view began.</summary>
    public double LogProbability => LogSum.Of(entries.Select(entry => entry.LogProbability));

    /// <inheritdoc/>
    public double[] Law()
    {
        var (bytes, shift) = (new double[256], entries.Max(entry => entry.LogProbability));
        foreach (var entry in entries)
            if (Leftover(entry) is [var first, ..]) bytes[first] += Math.Exp(entry.LogProbability - shift);
        if (Ended is { } ended)
        {
            var (following, valid, ahead) = (Behind(ended), pairs.Following(ended.Sequence), ended.LogProbability - shift);
            foreach (var token in Vocabulary.StartingWith([]))
                if (CountsInvalidTokens || valid[token]) bytes[Vocabulary[token][0]] += Math.Exp(ahead + following[token]);
        }
        return FirstBytes.Normalized(bytes);
    }

    /// <summary>
    /// Probability that the token model gives to tokens which cannot come behind the encoding of the text: what is lost by
    /// sequences that are no encodings. 0 if no encoding ends here.
    /// </summary>
    public double InvalidMass()
    {
        if (Ended is not { } ended) return 0;
        var (following, valid) = (Behind(ended), pairs.Following(ended.Sequence));
        return Vocabulary.StartingWith([]).ToArray().Sum(token => valid[token] ? 0 : Math.Exp(following[token]));
    }

    /// <inheritdoc/>
    public void Append(byte value)
    {
        var going = entries.Where(entry => Leftover(entry) is [var first, ..] && first == value).Select(entry => entry with { Used = entry.Used + 1 }).ToList();
        going.AddRange(Next(value));
        if (going.Count == 0) throw new InvalidOperationException($"The byte 0x{value:X2} has probability 0 here.");
        (entries, law) = (going, null);
    }

    private Vocabulary Vocabulary => model.Tokenizer.Vocabulary;

    // The encoding of the text so far. There is none if no longer text's encoding begins with it.
    private Entry? Ended => entries.Find(entry => Leftover(entry).IsEmpty);

    // That encoding with each token that may come behind it and starts with a byte, which is taken in.
    private IEnumerable<Entry> Next(byte first)
    {
        if (Ended is not { } ended) return [];
        var (head, following) = (ended.Sequence, Behind(ended));
        var valid = pairs.Following(head);
        return Vocabulary.StartingWith([first]).ToArray()
            .Where(token => valid[token] && !double.IsNegativeInfinity(following[token]))
            .Select(token => new Entry(head, token, 1, ended.LogProbability + following[token]));
    }

    private double[] Behind(Entry ended) => law ??= model.LogProbabilities(ended.Sequence);

    private ReadOnlySpan<byte> Leftover(Entry entry) => entry.Last is { } last ? Vocabulary[last][entry.Used..] : [];

    /// <param name="Head">All tokens but the last.</param>
    /// <param name="Last">The token that the text's end lies in; null: none yet.</param>
    /// <param name="Used">Bytes of the last token that belong to the text.</param>
    /// <param name="LogProbability">Of the tokens behind the context.</param>
    private sealed record Entry(int[] Head, int? Last, int Used, double LogProbability)
    {
        public int[] Sequence => Last is { } last ? [.. Head, last] : Head;
    }
}
