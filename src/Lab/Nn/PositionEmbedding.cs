using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>How tokens know where they are.</summary>
public enum PositionKind
{
    /// <summary>A trained row per position.</summary>
    Learned,

    /// <summary>Fixed sines and cosines of the position.</summary>
    Sine,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Tables that are added to tokens, one row per position.</summary>
public static class PositionEmbedding
{
    /// <summary>A table as a parameter of a module, frozen unless learned; null for <see cref="PositionKind.None"/>.</summary>
    /// <param name="kind">Which table.</param>
    /// <param name="rows">Positions.</param>
    /// <param name="dim">Width of a token.</param>
    /// <param name="std">Of a learned table's initial values.</param>
    /// <returns>[1, rows, dim].</returns>
    public static Parameter? Create(PositionKind kind, long rows, long dim, double std = 0.2)
    {
        if (kind == PositionKind.None) return null;
        if (kind == PositionKind.Sine) return new Parameter(Sine(rows, dim).unsqueeze_(0), requires_grad: false);
        var table = new Parameter(empty(1, rows, dim));
        Layers.TruncatedNormal(table, std);
        return table;
    }

    /// <summary>The fixed table: sine on even, cosine on odd columns; each pair of columns has a wavelength of its own.</summary>
    /// <returns>[rows, dim]; row 0 is 0, 1, 0, 1, ...</returns>
    /// <remarks>Source: Vaswani et al. 2017, section 3.5 (arXiv 1706.03762).</remarks>
    public static Tensor Sine(long rows, long dim)
    {
        var table = new float[rows * dim];
        for (var i = 0L; i < table.Length; i++)
        {
            var (row, column) = Math.DivRem(i, dim);
            var angle = row / Math.Pow(10_000, 2 * (column / 2) / (double)dim);
            table[i] = (float)(column % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
        }
        return tensor(table, [rows, dim]);
    }

    /// <summary>Adds a table, if there is one.</summary>
    /// <param name="tokens">[B, N, D].</param>
    /// <param name="table">[1, N, D].</param>
    /// <exception cref="ArgumentException">As many tokens as the table does not have rows; the message names both.</exception>
    internal static Tensor Add(Tensor tokens, Tensor? table)
    {
        if (table is null) return tokens;
        if (tokens.shape[1] != table.shape[1])
            throw new ArgumentException(
                $"The position table has {table.shape[1]} rows, but the input has {tokens.shape[1]} tokens. Give inputs of the size the model was made for, or use {nameof(PositionKind)}.{nameof(PositionKind.None)}.", nameof(tokens));
        return tokens + table;
    }
}
