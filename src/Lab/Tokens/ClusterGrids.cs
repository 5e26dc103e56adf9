using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>A grid of tokens, and the smaller grid of their cluster centres over it.</summary>
/// <param name="Tokens">Rows and columns, H and W.</param>
/// <param name="Centres">Rows and columns, h and w.</param>
internal sealed record ClusterGrids((int Height, int Width) Tokens, (int Height, int Width) Centres)
{
    /// <summary>Rows and columns of a grid in raster order.</summary>
    public static (int Y, int X)[] Places((int Height, int Width) grid) =>
        [.. from y in Enumerable.Range(0, grid.Height) from x in Enumerable.Range(0, grid.Width) select (y, x)];

    /// <summary>The cells of adaptive average pooling. They overlap where one grid is no multiple of the other.</summary>
    public NearPairs Cells(Device device) => new(this, (token, centre) => In(token.Y, centre.Y, Tokens.Height, Centres.Height) && In(token.X, centre.X, Tokens.Width, Centres.Width), device);

    /// <summary>The tokens whose home is at most half a window from a centre's cell.</summary>
    /// <param name="side">Of the window, λ.</param>
    /// <param name="all">All pairs are computed, and those outside of the window masked.</param>
    /// <param name="device">Of the tables.</param>
    public TokenPairs Window(int side, bool all, Device device)
    {
        return all ? new AllPairs(this, Meet, device) : new NearPairs(this, Meet, device);

        bool Meet((int Y, int X) token, (int Y, int X) centre)
        {
            var home = Home(token);
            return Math.Max(Math.Abs(home.Y - centre.Y), Math.Abs(home.X - centre.X)) <= side / 2;
        }
    }

    /// <summary>The cell that a token lies in, as nearest-neighbour enlarging would colour it.</summary>
    public (int Y, int X) Home((int Y, int X) token) => (token.Y * Centres.Height / Tokens.Height, token.X * Centres.Width / Tokens.Width);

    private static bool In(int token, int centre, int tokens, int centres) => token >= centre * tokens / centres && token < ((centre + 1) * tokens + centres - 1) / centres;
}
