using Lab.Metrics;
using Lab.Plots;
using Lab.Text;
using Lab.Transplant;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.OmpTransplantation;

/// <summary>The notebook's pictures.</summary>
public static class OmpFigures
{
    /// <summary>Bits per byte of every method on every text, mean over seeds; whiskers are deviations, dotted lines the base on its own tokenizer.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Methods(OmpResults results)
    {
        var (runs, texts) = (results.Runs, results.Corpus.Texts.Select(text => text.Name).ToArray());
        string[] methods = [.. runs[0].Methods.SkipLast(1).Select(score => score.Method), "OMP"];
        return Charts.Bars(
            methods,
            [.. texts.Select(text =>
            {
                var spreads = methods.Select((_, i) => Spread.Of([.. runs.Select(run => run.Methods[i].Bits[text])])).ToArray();
                return new BarGroup(text, [.. spreads.Select(s => s.Mean)]) { Spread = runs.Count > 1 ? [.. spreads.Select(s => s.Deviation)] : [] };
            })],
            "bits per byte", "On the donor's tokenizer, without training").WithLevels([.. texts.Select(text => runs.Average(run => run.Base[text]))]);
    }

    /// <summary>Bits per byte over k on the left axis; on the right, what of the donor's rows the sums leave.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Sparsity(OmpResults results)
    {
        var ks = results.Runs[0].Sparsity.Select(score => (double)score.K).ToArray();
        Series Line(string name, Func<SparsityScore, double> value) => new(name, ks, [.. ks.Select((_, i) => results.Runs.Average(run => value(run.Sparsity[i])))]);
        return Charts.Lines(
            [.. results.Corpus.Texts.Select(text => Line(text.Name, score => score.Bits[text.Name])), Line("residual (right axis)", score => score.Residual)],
            "anchors per token, k", "bits per byte", "More anchors fit the donor better and the base worse", logX: true).WithRightAxis("residual, share of the row's length", traces: 1);
    }

    /// <summary>Which anchors new tokens are made from: magnitudes of the coefficients in the input table.</summary>
    /// <param name="run">Whose tokens.</param>
    /// <param name="tokens">How many new tokens, the most frequent ones of the text.</param>
    /// <param name="text">UTF-8.</param>
    /// <param name="k">Anchors per token.</param>
    public static GenericChart Coefficients(OmpRun run, ReadOnlySpan<byte> text, int tokens, int k)
    {
        var (vocabulary, sums) = (run.Pair.Donor.Tokenizer.Vocabulary, AnchorSum.Of(run.Pair, text, tokens, k));
        var anchors = sums.SelectMany(sum => sum.Terms.Select(term => term.Anchor)).Distinct().ToArray();
        return Charts.HeatMap(
            [.. anchors.Select(vocabulary.Spell)], [.. sums.Select(sum => vocabulary.Spell(sum.Token))],
            [.. anchors.Select(anchor => (IReadOnlyList<double>)[.. sums.Select(sum => sum.Terms.Where(term => term.Anchor == anchor).Select(term => Math.Abs(term.Weight)).DefaultIfEmpty(double.NaN).Single())])],
            "new tokens", "anchors", "|x|", $"Each new token is a sum of {k} anchors");
    }

    /// <summary>The base's input rows on their first two principal axes: shared tokens, new ones from OMP, and the same ones after training from zero if there was a recovery.</summary>
    /// <param name="run">Whose rows.</param>
    public static GenericChart Rows(OmpRun run)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (pair, table) = (run.Pair, run.Transplanted.InputTable.detach().cpu().to(ScalarType.Float64));
        int[] added = [.. pair.Input.New.Intersect(pair.TrainedDonor)];
        var (mean, axes) = PrincipalAxes.Of(table[Ids(pair.Anchors)], components: 2);
        Series Cloud(string name, Tensor rows, IReadOnlyList<int> ids)
        {
            var places = (rows[Ids(ids)] - mean).matmul(axes); // [n, 2]
            return new(name, [.. places.select(1, 0).data<double>()], [.. places.select(1, 1).data<double>()]) { Hover = [.. ids.Select(pair.Donor.Tokenizer.Vocabulary.Spell)] };
        }
        Series[] clouds = [Cloud("shared", table, pair.Anchors), Cloud("new, by OMP", table, added)];
        if (run.Trained is { } trained) clouds = [.. clouds, Cloud("new, trained from zero", trained.to(ScalarType.Float64), added)];
        return Charts.Scatter(clouds, "first principal axis", "second principal axis", "Input rows in the base's space");
    }

    /// <summary>A sentence before and after: every token as wide as its bytes, on the colour of its surprise.</summary>
    /// <param name="run">Whose models.</param>
    /// <param name="text">A sentence or two.</param>
    public static GenericChart Surprise(OmpRun run, string text)
    {
        using var zero = run.Pair.Transplant(new ZeroRows());
        return Charts.Strips(
        [
            Row("own tokenizer", run.Pair.Base.Model, run.Pair.Base.Tokenizer),
            Row($"donor's, {run.Omp.Method}", run.Transplanted, run.Pair.Donor.Tokenizer),
            Row("donor's, zero rows", zero, run.Pair.Donor.Tokenizer),
        ], "byte", "bits per byte", "What a sentence costs, before and after");

        // A line feed, a token in every vocabulary, goes before the text: a first token is not scored.
        Strip Row(string name, Nn.Decoder model, Bpe tokenizer)
        {
            var ids = tokenizer.Encode("\n" + text);
            var scores = ByteScores.Of(model, ids, tokenizer.Vocabulary);
            var starts = ids.Skip(1).Aggregate(new List<int> { 1 }, (list, id) => [.. list, list[^1] + tokenizer.Vocabulary[id].Length]);
            return new(
                $"{name}: {scores.Bits.Sum() / (scores.Text.Length - 1):F2}", [.. starts.Select(start => start - 1.0)],
                [.. starts.Zip(starts.Skip(1), (start, end) => (double)scores.Bits[start] / (end - start))], [.. ids.Skip(1).Select(tokenizer.Vocabulary.Spell)]);
        }
    }

    private static Tensor Ids(IReadOnlyList<int> ids) => tensor(ids.Select(id => (long)id).ToArray());
}
