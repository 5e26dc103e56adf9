using System.Text;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>The notebook's tables.</summary>
public static class ExactBytesTables
{
    /// <summary>Probability of the letter A behind some texts of a known source, by every reading, and the text's encoding.</summary>
    /// <param name="law">Of the source's tokens.</param>
    /// <param name="source">Of letters.</param>
    /// <param name="texts">Short ones that longer texts go on from.</param>
    public static DataFrame Readings(ExactTokenLm law, MarkovSource source, params IReadOnlyList<string> texts)
    {
        var rows = texts.Select(text => (Text: text, Bytes: Encoding.ASCII.GetBytes(text))).ToArray();
        return new(
            Words("behind", rows, r => r.Text),
            Words("encoding", rows, r => string.Join('|', law.Tokenizer.Encode(r.Bytes).Select(token => Encoding.ASCII.GetString(law.Tokenizer.Vocabulary[token])))),
            Number("truth, P(A)", rows, r => source.Law(r.Text)[source.Alphabet.IndexOf('A')]),
            Number("naive", rows, r => NaiveBytes.Law(law, r.Bytes)['A']),
            Number("healed", rows, r => TokenHealing.Law(law, r.Bytes)['A']),
            Number("exact", rows, r => ByteView.Behind(law, r.Bytes).Law()['A']));
    }

    /// <summary>The models of one seed: what they are, how long they trained, what they cost.</summary>
    /// <param name="models">Trained.</param>
    public static DataFrame Models(ExactBytesModels models)
    {
        (string Name, Lab.Text.TinyLm Model)[] rows =
            [("of the known source", models.Chain), ("whose prompts are cut", models.Cut), ("of bytes", models.Bytes), ("ensemble, first", models.First), ("ensemble, second", models.Second)];
        return new(
            Words("model", rows, r => r.Name),
            Number("tokens", rows, r => r.Model.Options.Model.Vocabulary),
            Number("width", rows, r => r.Model.Options.Model.Dim),
            Number("layers", rows, r => r.Model.Options.Model.Depth),
            Number("parameters", rows, r => r.Model.Options.Model.Parameters),
            Number("steps", rows, r => r.Model.Options.Steps),
            Number("TFLOP", rows, r => Math.Round(r.Model.Options.Steps * r.Model.Options.TokensPerStep * (r.Model.Options.Model.TrainingFlops / 1e12), 2)),
            Number("seconds", rows, r => Math.Round(r.Model.History[^1].Elapsed.TotalSeconds, 1)),
            Words("from the cache", rows, r => r.Model.FromCache ? "yes" : "no"));
    }

    /// <summary>Bits of the next byte and completions by kind of prompt and reading, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Prompts(ExactBytesResults results)
    {
        var kinds = new List<(string Kind, Func<ExactBytesRun, IReadOnlyList<CutScores>> Scores)>
        {
            ("anywhere, the word's rest", run => run.Anywhere),
            ("inside a token, the word's rest", run => run.MidToken),
            ("at a piece's end, the next word", run => run.PieceEnd),
        };
        if (results.Experiment.Gaps > 0) kinds.Add(("before a gap, inside a token", run => run.Gaps));

        var rows = kinds.SelectMany(kind => new[]
        {
            (kind.Kind, Reading: "naive", Bits: Mean(kind, s => CutScores.Bits(s).Naive), Completed: Mean(kind, s => CutScores.Completed(s).Naive)),
            (kind.Kind, Reading: "healed", Bits: Mean(kind, s => CutScores.Bits(s).Healed), Completed: Mean(kind, s => CutScores.Completed(s).Healed)),
            (kind.Kind, Reading: "exact", Bits: Mean(kind, s => CutScores.Bits(s).Exact), Completed: Mean(kind, s => CutScores.Completed(s).Exact)),
        }).ToList();
        rows.Insert(6, (kinds[1].Kind, "model of bytes", results.Runs.Average(run => run.Bytes.Average(s => s.Bits)), results.Runs.Average(run => 100 * run.Bytes.Average(s => s.Completed ? 1.0 : 0))));
        return new(
            Words("prompts end", rows, r => r.Kind), Words("reading", rows, r => r.Reading),
            Number("bits of the next byte", rows, r => Math.Round(r.Bits, 3)), Number("completed, %", rows, r => Math.Round(r.Completed, 1)));

        double Mean((string, Func<ExactBytesRun, IReadOnlyList<CutScores>> Scores) kind, Func<IReadOnlyList<CutScores>, double> value) =>
            results.Runs.Average(run => value(kind.Scores(run)));
    }

    /// <summary>Mean total variation to the known source, by seed and reading.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Distances(ExactBytesResults results) => new(
        Number("seed", results.Runs, r => r.Seed),
        Number("known tokens, naive: mean error", results.Runs, r => Math.Round(r.Chain.Naive.Average(), 3)),
        Number("healed", results.Runs, r => Math.Round(r.Chain.Healed.Average(), 3)),
        Words("exact: largest", results.Runs, r => r.Chain.Exact.ToString("0.0E+0", System.Globalization.CultureInfo.InvariantCulture)),
        Number("learned tokens, naive: total variation", results.Runs, r => Math.Round(r.Learned.Distances.Naive, 3)),
        Number("healed ", results.Runs, r => Math.Round(r.Learned.Distances.Healed, 3)),
        Number("exact", results.Runs, r => Math.Round(r.Learned.Distances.Exact, 3)));

    /// <summary>Bits per byte of the ensemble and its members, and of counting tokens that cannot follow, by seed.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Ensemble(ExactBytesResults results) => new(
        Number("seed", results.Runs, r => r.Seed),
        Number("first, validation", results.Runs, r => Math.Round(r.Models.Validation.First, 3)),
        Number("second, validation", results.Runs, r => Math.Round(r.Models.Validation.Second, 3)),
        Number("first, test", results.Runs, r => Math.Round(r.Ensemble.BitsPerByte.First, 3)),
        Number("second, test", results.Runs, r => Math.Round(r.Ensemble.BitsPerByte.Second, 3)),
        Number("ensemble, test", results.Runs, r => Math.Round(r.Ensemble.BitsPerByte.Together, 3)),
        Number("first, fast", results.Runs, r => Math.Round(r.Ensemble.Fast.Average(), 4)),
        Number("mass on invalid tokens, %", results.Runs, r => Math.Round(100 * r.Ensemble.InvalidMass, 3)));
}
