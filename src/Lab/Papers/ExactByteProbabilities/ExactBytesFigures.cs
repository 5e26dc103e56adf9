using System.Globalization;
using Lab.Metrics;
using Lab.Plots;
using Lab.Text;
using Plotly.NET;

namespace Lab.Papers.ExactByteProbabilities;

/// <summary>The notebook's pictures.</summary>
public static class ExactBytesFigures
{
    /// <summary>The cover of a prompt at every place of an excerpt: each encoding a row of tokens that goes on beyond the prompt's end, as tall as it is probable.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="excerpt">Whose beginnings are the prompts.</param>
    /// <param name="active">Bytes of the prompt shown at first, from 1.</param>
    /// <param name="rows">Encodings shown at most, the most probable ones.</param>
    public static GenericChart CoverTrees(INextTokenModel model, Excerpt excerpt, int active, int rows = 7)
    {
        var context = model.Tokenizer.Encode(excerpt.Before);
        var prompts = Enumerable.Range(1, excerpt.Bytes.Length).Select(length => excerpt.Bytes[..length]);
        return Charts.Slides([.. prompts.Select(prompt => (Excerpt.Show(prompt.AsSpan(^1..)), CoverTree(model, prompt, context, rows)))], "the prompt's last byte", active - 1);
    }

    /// <summary>The cover of one prompt.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="prompt">Not empty.</param>
    /// <param name="context">Tokens before it.</param>
    /// <param name="rows">Encodings shown at most, the most probable ones.</param>
    public static GenericChart CoverTree(INextTokenModel model, byte[] prompt, IReadOnlyList<int> context, int rows = 7)
    {
        var cover = new CoverSearch(model).Find(prompt, context);
        var total = LogSum.Of(cover.Select(encoding => encoding.LogProbability));
        var (start, vocabulary) = (Pieces.LastStart(model.Tokenizer.PreTokenizer, prompt), model.Tokenizer.Vocabulary);
        var shown = cover.OrderByDescending(encoding => encoding.LogProbability).Take(rows)
            .Select(encoding => new TokenRow(Boxes(encoding, vocabulary, start), Math.Exp(encoding.LogProbability - total))).ToArray();
        return Charts.TokenRows(shown, prompt.Length - start, "byte of the last piece", "encoding's share in %",
            $"{cover.Count} {(cover.Count == 1 ? "encoding covers" : "encodings cover")} “{Excerpt.Show(prompt.AsSpan(start))}”");
    }

    /// <summary>What four readings say of the next byte, at every place of an excerpt.</summary>
    /// <param name="models">Of one seed.</param>
    /// <param name="excerpt">Whose beginnings are the prompts.</param>
    /// <param name="active">Bytes of the prompt shown at first, from 1.</param>
    /// <param name="bytes">Next bytes shown: the likeliest.</param>
    public static GenericChart NextBytes(ExactBytesModels models, Excerpt excerpt, int active, int bytes = 7)
    {
        using var tokens = new DecoderTokens(models.Cut.Model, models.Cut.Tokenizer);
        using var letters = new DecoderTokens(models.Bytes.Model, models.Bytes.Tokenizer);
        var (context, before) = (tokens.Tokenizer.Encode(excerpt.Before), letters.Tokenizer.Encode(excerpt.Before));
        return Charts.Slides([.. Enumerable.Range(1, excerpt.Bytes.Length - 1).Select(length => (Excerpt.Show(excerpt.Bytes.AsSpan(length - 1, 1)), At(excerpt.Bytes[..length], excerpt.Bytes[length])))], "the prompt's last byte", active - 1);

        GenericChart At(byte[] prompt, byte next)
        {
            (string Name, double[] Law)[] laws =
            [
                ("model of bytes", NaiveBytes.Law(letters, prompt, before)),
                ("naive", NaiveBytes.Law(tokens, prompt, context)),
                ("healed", TokenHealing.Law(tokens, prompt, context)),
                ("exact", ByteView.Behind(tokens, prompt, context).Law()),
            ];
            var likely = Enumerable.Range(0, 256).OrderByDescending(value => laws.Max(law => law.Law[value])).Take(bytes).Order().ToArray();
            return Charts.Bars(
                [.. likely.Select(value => Excerpt.Show([(byte)value]))], [.. laws.Select(law => new BarGroup(law.Name, [.. likely.Select(value => law.Law[value])]))],
                "probability", $"behind “{Excerpt.Show(prompt.AsSpan(Math.Max(0, prompt.Length - 24)))}”, where “{Excerpt.Show([next])}” follows");
        }
    }

    /// <summary>What each byte of an excerpt costs if the prompt ends before it, naive and exact, with the borders of its tokens.</summary>
    /// <param name="model">Gives the probabilities of tokens.</param>
    /// <param name="excerpt">What is read.</param>
    public static GenericChart Costs(INextTokenModel model, Excerpt excerpt)
    {
        const double Highest = 12; // bits; the naive law's spikes go far beyond and would make all else dark
        var (context, bytes) = (model.Tokenizer.Encode(excerpt.Before), excerpt.Bytes);
        var (naive, exact, view) = (new double[bytes.Length], new double[bytes.Length], new ByteView(model, context));
        for (var i = 0; i < bytes.Length; i++)
        {
            naive[i] = Math.Min(Highest, -Math.Log2(NaiveBytes.Law(model, bytes.AsSpan(0, i), context)[bytes[i]]));
            exact[i] = Math.Min(Highest, -Math.Log2(view.Law()[bytes[i]]));
            view.Append(bytes[i]);
        }
        return Charts.HeatStrip(
            Letters(bytes), [new("naive", naive), new("exact", exact)], Borders(model.Tokenizer, bytes), "bits", $"What each byte costs, up to {Highest} bits; white: borders of tokens");
    }

    private const int LongestShown = 6, LearnedShown = 150; // prefixes in the scatter charts: more only lie on top of each other

    /// <summary>Probability of the letter A behind every prefix of up to six letters of the known source, predicted and true.</summary>
    /// <param name="chain">With a law of tokens that is known.</param>
    public static GenericChart KnownSource(ChainErrors chain) => Diagonal(
        "Known source, known tokens", [.. chain.Points.Where(point => point.Prefix.Length <= LongestShown)], p => p.Prefix, p => p.Truth, ("naive", p => p.Naive), ("healed", p => p.Healed), ("exact", p => p.Exact));

    /// <summary>The same of a learned law of tokens, behind some of the prefixes.</summary>
    /// <param name="chain">Behind prefixes drawn from the source.</param>
    public static GenericChart LearnedSource(LearnedChain chain) => Diagonal(
        "Known source, learned tokens", [.. chain.Points.Take(LearnedShown)], p => p.Prefix, p => p.Truth, ("naive", p => p.Naive), ("healed", p => p.Healed), ("exact", p => p.Exact));

    /// <summary>Bits of the next byte by reading; bars are means over seeds, whiskers deviations.</summary>
    /// <param name="results">At least one run.</param>
    /// <param name="kind">Where the prompts end.</param>
    public static GenericChart Prompts(ExactBytesResults results, CutKind kind)
    {
        Func<ExactBytesRun, double>[] readings = [run => CutScores.Bits(run.Of(kind)).Naive, run => CutScores.Bits(run.Of(kind)).Healed, run => CutScores.Bits(run.Of(kind)).Exact];
        var spreads = readings.Select(reading => Spread.Of([.. results.Runs.Select(reading)])).ToArray();
        return Charts.Bars(["naive", "healed", "exact"], [new(Ending(kind), [.. spreads.Select(s => s.Mean)]) { Spread = [.. spreads.Select(s => s.Deviation)] }], "bits of the next byte", $"Prompts that end {Ending(kind)}");
    }

    private static string Ending(CutKind kind) => kind switch
    {
        CutKind.Anywhere => "anywhere",
        CutKind.MidToken => "inside a token",
        CutKind.TokenEnd => "between two tokens",
        CutKind.PieceEnd => "between two pieces",
        _ => throw new ArgumentException($"{kind} is no place where prompts end.", nameof(kind)),
    };

    /// <summary>Which model of the ensemble was right, byte by byte: the weight that the byte, once seen, gives the first of two models of equal weight.</summary>
    /// <param name="reading">Of an ensemble.</param>
    /// <param name="start">First byte shown.</param>
    /// <param name="count">Bytes shown.</param>
    public static GenericChart WhoWasRight(EnsembleReading reading, int start = 0, int count = 70)
    {
        count = Math.Min(count, reading.Text.Length - start);
        double[] Part(Func<int, double> value) => [.. Enumerable.Range(start, count).Select(value)];
        return Charts.HeatStrip(
            Letters(reading.Text.AsSpan(start, count)),
            [new("weight of the first", Part(i => 1 / (1 + Math.Pow(2, reading.First[i] - reading.Second[i])))), new("weight of the second", Part(i => 1 / (1 + Math.Pow(2, reading.Second[i] - reading.First[i]))))],
            [], "of 1", "Who was right?");
    }

    /// <summary>Bits per byte of the ensemble and its members; bars are means over seeds, whiskers deviations.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Ensemble(ExactBytesResults results)
    {
        Func<ExactBytesRun, double>[] readings = [run => run.Ensemble.BitsPerByte.First, run => run.Ensemble.BitsPerByte.Second, run => run.Ensemble.BitsPerByte.Together];
        var spreads = readings.Select(reading => Spread.Of([.. results.Runs.Select(reading)])).ToArray();
        var (_, first, second) = results.Experiment.Vocabularies;
        return Charts.Bars([$"{first} tokens", $"{second} tokens", "ensemble"],
            [new("exact byte view", [.. spreads.Select(s => s.Mean)]) { Spread = [.. spreads.Select(s => s.Deviation)] }], "bits per byte", "Two vocabularies, alone and together");
    }

    private static TokenBox[] Boxes(CoverEncoding encoding, Vocabulary vocabulary, int start)
    {
        var (boxes, place) = (new List<TokenBox>(), 0);
        foreach (var token in encoding.Tokens)
        {
            var bytes = vocabulary[token];
            var hover = string.Create(CultureInfo.InvariantCulture, $"{Excerpt.Show(bytes)}, id {token}; the encoding's probability 2^{encoding.LogProbability / Math.Log(2):F1}");
            if (place >= start) boxes.Add(new(place - start, bytes.Length, Excerpt.Show(bytes), hover, boxes.Count)); // tokens before the last piece are the same in all
            place += bytes.Length;
        }
        return [.. boxes];
    }

    private static GenericChart Diagonal<T>(
        string title, IReadOnlyList<T> points, Func<T, string> prefix, Func<T, double> truth, params (string Name, Func<T, double?> Law)[] laws)
    {
        var chart = Charts.Scatter(
            [.. laws.Select(law => new Series(law.Name, [.. points.Select(point => Math.Round(truth(point), 4))], [.. points.Select(point => Math.Round(law.Law(point) ?? double.NaN, 4))]) { Hover = [.. points.Select(prefix)] })],
            "true probability of A", "predicted", title);
        foreach (var trace in GenericChart.getTraces(chart)) trace.SetProperty("opacity", 0.6);
        var truthLine = new Dictionary<string, object> { ["type"] = "line", ["x0"] = 0, ["y0"] = 0, ["x1"] = 1, ["y1"] = 1, ["line"] = new { color = "#808080", dash = "dash", width = 1 } };
        GenericChart.getLayout(chart).SetProperty("shapes", new[] { truthLine });
        return chart;
    }

    private static string[] Letters(ReadOnlySpan<byte> bytes)
    {
        var letters = new string[bytes.Length];
        for (var i = 0; i < letters.Length; i++) letters[i] = Excerpt.Show(bytes.Slice(i, 1));
        return letters;
    }

    private static List<int> Borders(Bpe tokenizer, byte[] bytes)
    {
        var (borders, place) = (new List<int>(), 0);
        foreach (var token in tokenizer.Encode(bytes))
        {
            borders.Add(place);
            place += tokenizer.Vocabulary[token].Length;
        }
        return borders;
    }
}
