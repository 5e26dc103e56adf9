using static TorchSharp.torch;

namespace Lab.Tokens;

/// <summary>
/// The tokens that each centre draws on, as lists of one length P: short ones are filled up with places that count nothing. Only pairs
/// that there are get multiplied, and only numbers, not vectors, are moved between the view of tokens and that of centres.
/// </summary>
internal sealed class NearPairs : TokenPairs
{
    private readonly Tensor tokens, filled; // [n P] int64; [n, P], 1 for a token and 0 for a filler
    private readonly Tensor places, back;   // [N K] int64 into [n P], one more for fillers; [n P] int64 into [N K], likewise
    private readonly long count, centres, length, widest; // N, n, P, K

    /// <param name="grids">Of tokens and centres.</param>
    /// <param name="meet">Whether a centre draws on a token.</param>
    /// <param name="device">Of the tables.</param>
    public NearPairs(ClusterGrids grids, Func<(int Y, int X), (int Y, int X), bool> meet, Device device)
    {
        var all = ClusterGrids.Places(grids.Tokens);
        int[][] ofCentre = [.. ClusterGrids.Places(grids.Centres).Select(centre => Enumerable.Range(0, all.Length).Where(token => meet(all[token], centre)).ToArray())];
        var ofToken = all.Select(_ => new List<int>()).ToArray(); // places in the lists of centres
        var longest = ofCentre.Max(list => list.Length);
        for (var centre = 0; centre < ofCentre.Length; centre++)
            for (var i = 0; i < ofCentre[centre].Length; i++) ofToken[ofCentre[centre][i]].Add(centre * longest + i);
        (count, centres, length, widest) = (all.Length, ofCentre.Length, longest, ofToken.Max(list => list.Count));

        var (there, home) = (new long[count * widest], new long[centres * length]);
        Array.Fill(there, centres * length);
        Array.Fill(home, count * widest);
        foreach (var (token, list) in ofToken.Index())
            foreach (var (i, place) in list.Index()) (there[token * widest + i], home[place]) = (place, token * widest + i);
        tokens = tensor(ofCentre.SelectMany(list => list.Concat(Enumerable.Repeat(0, longest - list.Length))).Select(token => (long)token).ToArray(), device: device);
        filled = tensor(ofCentre.SelectMany(list => Enumerable.Range(0, longest).Select(i => i < list.Length ? 1f : 0f)).ToArray(), [centres, length], device: device);
        (places, back) = (tensor(there, device: device), tensor(home, device: device));
    }

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Owned => [tokens, filled, places, back];

    /// <returns>[B, n, P, C]; fillers hold any token.</returns>
    public override Tensor Prepare(Tensor tokens) => tokens.index_select(1, this.tokens).view(tokens.shape[0], centres, length, tokens.shape[2]);

    // A row times a matrix: a matrix times a column takes libtorch ten times as long.
    /// <inheritdoc/>
    public override Tensor Products(Tensor centres, Tensor prepared) => centres.unsqueeze(2).matmul(prepared.transpose(2, 3)).squeeze(2);

    /// <inheritdoc/>
    public override Tensor SoftmaxOverCentres(Tensor logits)
    {
        using var scope = NewDisposeScope();
        var batch = logits.shape[0];
        var byToken = With(logits.reshape(batch, -1), double.NegativeInfinity).index_select(1, places).view(batch, count, widest).softmax(2);
        return With(byToken.view(batch, -1), 0).index_select(1, back).view(batch, centres, length).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Sums(Tensor weights, Tensor prepared) => weights.unsqueeze(2).matmul(prepared).squeeze(2);

    /// <inheritdoc/>
    public override Tensor Dense(Tensor values)
    {
        using var scope = NewDisposeScope();
        return zeros([values.shape[0], centres, count], values.dtype, values.device)
            .scatter_add(2, tokens.view(1, centres, length).expand_as(values), values).MoveToOuterDisposeScope();
    }

    /// <summary>Equal weights for the tokens of a centre.</summary>
    /// <returns>[B, n, P].</returns>
    public Tensor Means(long batch) => (filled / filled.sum([1L], keepdim: true)).expand(batch, -1, -1);

    /// <summary>Equal shares for the centres of a token.</summary>
    /// <returns>[B, n, P].</returns>
    public Tensor Shares(long batch) => SoftmaxOverCentres(zeros_like(filled).unsqueeze(0)).expand(batch, -1, -1);

    private static Tensor With(Tensor values, double filler)
    {
        using var scope = NewDisposeScope();
        return cat([values, full([values.shape[0], 1], filler, values.dtype, values.device)], 1).MoveToOuterDisposeScope();
    }
}
