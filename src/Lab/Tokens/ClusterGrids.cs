using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>A grid of tokens, and the smaller grid of their cluster centres over it.</summary>
/// <param name="Tokens">Rows and columns, H and W.</param>
/// <param name="Centres">Rows and columns, h and w.</param>
internal sealed record ClusterGrids((int Height, int Width) Tokens, (int Height, int Width) Centres)
{
    /// <summary>The cells of adaptive average pooling. They overlap where one grid is no multiple of the other.</summary>
    public TokenLists Cells(Device device) => new(this, (token, centre) => In(token.Y, centre.Y, Tokens.Height, Centres.Height) && In(token.X, centre.X, Tokens.Width, Centres.Width), device);

    /// <summary>The tokens whose home is at most half a window from a centre's cell.</summary>
    public TokenLists Window(int side, Device device) => new(this, (token, centre) =>
    {
        var home = Home(token);
        return Math.Max(Math.Abs(home.Y - centre.Y), Math.Abs(home.X - centre.X)) <= side / 2;
    }, device);

    /// <summary>The cell that a token lies in, as nearest-neighbour enlarging would colour it.</summary>
    public (int Y, int X) Home((int Y, int X) token) => (token.Y * Centres.Height / Tokens.Height, token.X * Centres.Width / Tokens.Width);

    private static bool In(int token, int centre, int tokens, int centres) => token >= centre * tokens / centres && token < ((centre + 1) * tokens + centres - 1) / centres;
}

/// <summary>
/// The tokens that each centre draws on, as lists of one length T: short ones are filled up with places that count nothing. So a round of
/// clustering is a few small dense products, and only numbers, not vectors, are moved between the view of tokens and that of centres.
/// </summary>
internal sealed class TokenLists
{
    private readonly Tensor tokens, filled;   // [n T] int64; [n, T], 1 for a token and 0 for a filler
    private readonly Tensor places, back;     // [N K] int64 into [n T], one more for fillers; [n T] int64 into [N K], likewise
    private readonly long count, centres, length, widest;

    /// <param name="grids">Of tokens and centres.</param>
    /// <param name="meet">Whether a centre draws on a token.</param>
    /// <param name="device">Of the tables.</param>
    public TokenLists(ClusterGrids grids, Func<(int Y, int X), (int Y, int X), bool> meet, Device device)
    {
        var (all, places) = (Places(grids.Tokens), Places(grids.Centres));
        int[][] ofCentre = [.. places.Select(centre => Enumerable.Range(0, all.Length).Where(token => meet(all[token], centre)).ToArray())];
        var ofToken = all.Select(_ => new List<int>()).ToArray();
        var T = ofCentre.Max(list => list.Length);
        for (var centre = 0; centre < ofCentre.Length; centre++)
            for (var t = 0; t < ofCentre[centre].Length; t++) ofToken[ofCentre[centre][t]].Add(centre * T + t);

        var K = ofToken.Max(list => list.Count);
        (count, centres, length, widest) = (all.Length, ofCentre.Length, T, K);
        var (there, home) = (Filled(all.Length * K, ofCentre.Length * T), Filled(ofCentre.Length * T, all.Length * K));
        for (var token = 0; token < all.Length; token++)
            for (var k = 0; k < ofToken[token].Count; k++) (there[token * K + k], home[ofToken[token][k]]) = (ofToken[token][k], token * K + k);
        tokens = tensor(ofCentre.SelectMany(list => list.Concat(Enumerable.Repeat(0, T - list.Length))).Select(token => (long)token).ToArray(), device: device);
        filled = tensor(ofCentre.SelectMany(list => Enumerable.Range(0, T).Select(t => t < list.Length ? 1f : 0f)).ToArray(), [centres, T], device: device);
        (this.places, back) = (tensor(there, device: device), tensor(home, device: device));
    }

    /// <summary>The tables.</summary>
    public IEnumerable<Tensor> Owned => [tokens, filled, places, back];

    /// <param name="values">[B, N, C].</param>
    /// <returns>[B, n, T, C]; fillers hold any token.</returns>
    public Tensor Gather(Tensor values) => values.index_select(1, tokens).view(values.shape[0], centres, length, values.shape[2]);

    /// <summary>Every token is spread over the centres that draw on it.</summary>
    /// <param name="logits">[B, n, T].</param>
    /// <returns>[B, n, T]; 0 for fillers.</returns>
    public Tensor SoftmaxOverCentres(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var batch = logits.shape[0];
        var byToken = With(logits.reshape(batch, -1), double.NegativeInfinity).index_select(1, places).view(batch, count, widest).softmax(2);
        return With(byToken.view(batch, -1), 0).index_select(1, back).view(batch, centres, length).MoveToOuterDisposeScope();
    }

    /// <summary>Equal weights for the tokens of a list.</summary>
    /// <returns>[B, n, T].</returns>
    public Tensor Means(long batch) => (filled / filled.sum([1L], keepdim: true)).expand(batch, -1, -1);

    /// <summary>Equal shares for the centres of a token.</summary>
    /// <returns>[B, n, T].</returns>
    public Tensor Shares(long batch) => SoftmaxOverCentres(zeros_like(filled).unsqueeze(0)).expand(batch, -1, -1);

    /// <summary>Values of lists as a matrix.</summary>
    /// <param name="values">[B, n, T], 0 for fillers.</param>
    /// <returns>[B, n, N].</returns>
    public Tensor Dense(Tensor values)
    {
        using var scope = NewDisposeScope();
        return zeros([values.shape[0], centres, count], values.dtype, values.device)
            .scatter_add(2, tokens.view(1, centres, length).expand_as(values), values).MoveToOuterDisposeScope();
    }

    private static Tensor With(Tensor values, double filler)
    {
        using var scope = NewDisposeScope();
        return cat([values, full([values.shape[0], 1], filler, values.dtype, values.device)], 1).MoveToOuterDisposeScope();
    }

    private static (int Y, int X)[] Places((int Height, int Width) grid) =>
        [.. from y in Enumerable.Range(0, grid.Height) from x in Enumerable.Range(0, grid.Width) select (y, x)];

    private static long[] Filled(int size, long value)
    {
        var places = new long[size];
        Array.Fill(places, value);
        return places;
    }
}
