using Lab.Data;
using Lab.Text;
using Lab.Transplant;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.OmpTransplantation;

/// <summary>The notebook's tables.</summary>
public static class OmpTables
{
    /// <summary>What an experiment will train.</summary>
    /// <param name="experiment">The plan.</param>
    public static DataFrame Plan(OmpExperiment experiment)
    {
        (string Name, Nn.DecoderOptions Sizes, int Digits, string Texts)[] models =
        [
            ("base", experiment.Base, experiment.BaseDigits, "A"),
            ("donor", experiment.Donor, experiment.DonorDigits, "A and B"),
        ];
        if (experiment.CompareNumbers) models = [.. models, ("donor, numbers cut as the base does", experiment.Donor, experiment.BaseDigits, "A and B")];
        if (experiment.CompareAnchors) models = [.. models, ("base that knows both", experiment.Base, experiment.BaseDigits, "A and B")];
        return new(
            Words("model", models, m => m.Name),
            Number("vocabulary", models, m => m.Sizes.Vocabulary),
            Words("tokenizer made for", models, m => m.Texts),
            Number("digits in a token", models, m => m.Digits),
            Number("width", models, m => m.Sizes.Dim),
            Number("layers", models, m => m.Sizes.Depth),
            Number("parameters", models, m => m.Sizes.Parameters),
            Number("steps", models, _ => experiment.Steps),
            Number("tokens in a step", models, _ => experiment.TokensPerStep),
            Number("TFLOP", models, m => Math.Round(m.Sizes.TrainingFlops * experiment.Steps * (double)experiment.TokensPerStep / 1e12, 2)));
    }

    /// <summary>What the two vocabularies have in common.</summary>
    /// <param name="pair">Base and donor.</param>
    public static DataFrame Vocabularies(TransplantPair pair)
    {
        (string What, int Count)[] rows =
        [
            ("tokens of the base", pair.Base.Tokenizer.Vocabulary.Size),
            ("tokens of the donor", pair.Donor.Tokenizer.Vocabulary.Size),
            ("shared", pair.Vocabularies.Shared.Count),
            ("shared, and met in training by both: the anchors", pair.Anchors.Count),
            ("new to the base", pair.Vocabularies.New.Count),
            ("new, and met in training by the donor", pair.Vocabularies.New.Intersect(pair.TrainedDonor).Count()),
        ];
        return new(Words("tokens", rows, r => r.What), Number("count", rows, r => r.Count));
    }

    /// <summary>Tokenizers of real texts against one of Shakespeare: how much of a vocabulary another language shares.</summary>
    /// <param name="vocabulary">Tokens of each.</param>
    /// <exception cref="DatasetUnavailableException">The texts are not on this machine.</exception>
    public static DataFrame RealVocabularies(int vocabulary)
    {
        var @base = Trained(TextDatasets.Shakespeare().Train);
        var rows = TextDatasets.Languages.Select(language =>
        {
            var text = TextDatasets.Books(language);
            var match = new VocabularyMatch(Trained(text.Train), @base);
            var tokens = match.Donor.Encode(text.Validation);
            return (language, Shared: match.Shared.Count, Used: tokens.Count(match.Shared.ToHashSet().Contains) / (double)tokens.Length,
                Donor: text.Validation.Length / (double)tokens.Length, Base: text.Validation.Length / (double)@base.Encode(text.Validation).Length);
        }).ToArray();
        return new(
            Words("books in", rows, r => r.language),
            Number("shared tokens", rows, r => r.Shared),
            Number("of the vocabulary, %", rows, r => Math.Round(100.0 * r.Shared / vocabulary, 1)),
            Number("of the text's tokens, %", rows, r => Math.Round(100 * r.Used, 1)),
            Number("bytes per token, own", rows, r => Math.Round(r.Donor, 2)),
            Number("bytes per token, Shakespeare's", rows, r => Math.Round(r.Base, 2)));

        Bpe Trained(byte[] text)
        {
            var counts = new PieceCounts(PreTokenizer.Gpt2);
            counts.Add(text);
            return Bpe.Train(counts, vocabulary);
        }
    }

    /// <summary>What became of every method, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Methods(OmpResults results)
    {
        var runs = results.Runs;
        var rows = runs[0].Methods.Select((score, i) => (Name: i == runs[0].Methods.Count - 1 ? "OMP" : score.Method, Scores: (IReadOnlyList<MethodScore>)[.. runs.Select(run => run.Methods[i])])).ToArray();
        var columns = new List<DataFrameColumn> { Words("rows of new tokens", rows, r => r.Name) };
        foreach (var text in results.Corpus.Texts.Select(text => text.Name))
            columns.Add(Number($"{text}, bits/byte", rows, r => Math.Round(r.Scores.Average(score => score.Bits[text]), 3)));
        columns.Add(Number("A kept, %", rows, r => Math.Round(100 * runs.Zip(r.Scores, (run, score) => run.Base.A / score.Bits.A).Average(), 1)));
        columns.Add(Number("B kept, %", rows, r => Math.Round(100 * runs.Zip(r.Scores, (run, score) => run.Base.B / score.Bits.B).Average(), 1)));
        if (runs[0].Omp.Recovered is not null)
        {
            columns.Add(Number("A, recovered", rows, r => Recovered(r.Scores, bits => bits.A)));
            columns.Add(Number("B, recovered", rows, r => Recovered(r.Scores, bits => bits.B)));
        }
        return new(columns);
    }

    /// <summary>New tokens with their largest anchors.</summary>
    /// <param name="run">Whose tokens.</param>
    /// <param name="text">UTF-8; its most frequent new tokens are shown.</param>
    /// <param name="tokens">How many.</param>
    /// <param name="k">Anchors per token.</param>
    public static DataFrame Anchors(OmpRun run, ReadOnlySpan<byte> text, int tokens, int k)
    {
        var vocabulary = run.Pair.Donor.Tokenizer.Vocabulary;
        var sums = AnchorSum.Of(run.Pair, text, tokens, k);
        return new(
            Words("new token", sums, sum => vocabulary.Spell(sum.Token)),
            Words("its largest anchors", sums, sum => sum.Spell(vocabulary, terms: 4)),
            Words("pieces of the base", sums, sum => string.Join('|', run.Pair.Base.Tokenizer.Encode(vocabulary[sum.Token]).Select(run.Pair.Base.Tokenizer.Vocabulary.Spell))),
            Number("residual", sums, sum => Math.Round(sum.Residual, 3)));
    }

    /// <summary>How donors cut numbers.</summary>
    /// <param name="experiment">The plan.</param>
    /// <param name="corpus">Its texts.</param>
    public static DataFrame NumberSchemes(OmpExperiment experiment, OmpCorpus corpus)
    {
        var schemes = new[] { 1, 2, 3 }.Select(digits => NumberScheme.Of(experiment, corpus, digits)).ToArray();
        return new(
            Number("digits in a token of the donor", schemes, s => s.DonorDigits),
            Words("a sum", schemes, s => s.Example),
            Number("new number tokens", schemes, s => s.NewNumbers),
            Number("bytes per token on sums", schemes, s => Math.Round(s.BytesPerToken, 2)),
            Number("new tokens on sums, %", schemes, s => Math.Round(100 * s.NewShare, 1)));
    }

    /// <summary>What sums and other text lose under OMP by how the donor cuts numbers; empty without a second donor.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Numbers(OmpResults results)
    {
        var rows = results.Runs.SelectMany(run => run.Numbers.Select(score => (run, score))).ToArray();
        return new(
            Number("seed", rows, r => r.run.Seed),
            Number("digits, base", rows, _ => results.Experiment.BaseDigits),
            Number("digits, donor", rows, r => r.score.DonorDigits),
            Number("sums, bits/byte", rows, r => Math.Round(r.score.Bits.Sums, 3)),
            Number("lost on sums", rows, r => Math.Round(r.score.Bits.Sums - r.run.Base.Sums, 3)),
            Number("lost on A", rows, r => Math.Round(r.score.Bits.A - r.run.Base.A, 3)));
    }

    /// <summary>What a base whose tokenizer knows both languages changes, mean over seeds; empty without a second base.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame AnchorsByBase(OmpResults results)
    {
        var rows = results.Runs[0].Anchors.Select((_, i) => results.Runs.Select(run => run.Anchors[i]).ToArray()).ToArray();
        return new(
            Words("base's tokenizer made for", rows, scores => scores[0].MadeFor),
            Mean("tokens of B that are anchors, %", score => 100 * score.AnchorShare, digits: 1),
            Mean("A, subword mean", score => score.SubwordMean.A), Mean("A, OMP", score => score.Omp.A),
            Mean("B, subword mean", score => score.SubwordMean.B), Mean("B, OMP", score => score.Omp.B));

        DoubleDataFrameColumn Mean(string name, Func<AnchorScore, double> value, int digits = 3) => Number(name, rows, scores => Math.Round(scores.Average(value), digits));
    }

    private static double? Recovered(IReadOnlyList<MethodScore> scores, Func<Bits, double> value) =>
        scores.Any(score => score.Recovered is null) ? null : Math.Round(scores.Average(score => value(score.Recovered!)), 3);
}
