namespace Lab.Text;

/// <summary>Tokens in the order of their coming.</summary>
internal struct TokenBuffer(int capacity)
{
    private int[] tokens = new int[capacity];

    public int Count { get; private set; }

    public readonly ReadOnlySpan<int> Tokens => tokens.AsSpan(0, Count);

    public void Append(int token)
    {
        if (Count == tokens.Length) Grow(1);
        tokens[Count++] = token;
    }

    public void Append(ReadOnlySpan<int> more)
    {
        if (Count + more.Length > tokens.Length) Grow(more.Length);
        more.CopyTo(tokens.AsSpan(Count));
        Count += more.Length;
    }

    private void Grow(int more) => Array.Resize(ref tokens, Math.Max(2 * tokens.Length, Count + more));
}
