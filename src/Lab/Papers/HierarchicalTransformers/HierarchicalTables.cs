using System.Globalization;
using Lab.Data;
using Lab.Metrics;
using Lab.Text;
using Microsoft.Data.Analysis;
using static Lab.Papers.Columns;

namespace Lab.Papers.HierarchicalTransformers;

/// <summary>The notebook's tables.</summary>
public static class HierarchicalTables
{
    /// <summary>The paper's sizes, matrix weights counted.</summary>
    public static DataFrame Official() => new(
        Words("size", HierarchicalSize.All, size => size.Name),
        Number("backbone layers", HierarchicalSize.All, size => size.Hierarchical.Layers),
        Number("backbone, M", HierarchicalSize.All, size => Math.Round(size.Hierarchical.BackboneWeights / 1e6, 1)),
        Number("encoder = decoder, M", HierarchicalSize.All, size => Math.Round(size.Hierarchical.EncoderWeights / 1e6, 1)),
        Number("baseline layers", HierarchicalSize.All, size => size.Baseline.Depth),
        Number("baseline, M", HierarchicalSize.All, size => Math.Round(size.BaselineWeights / 1e6, 1)));

    /// <summary>What an experiment will train.</summary>
    /// <param name="experiment">The plan.</param>
    /// <param name="tokenizer">The baseline's.</param>
    /// <param name="main">The language learned first.</param>
    public static DataFrame Plan(HierarchicalExperiment experiment, Bpe tokenizer, TextSplits main)
    {
        var (words, tokens, pieces) = (experiment.Hierarchical(0), experiment.Baseline(tokenizer, main, 0), experiment.FixedPieces(main, 0));
        (string Name, int Width, int Layers, int Context, double Rate, double PerByte)[] rows =
        [
            ($"words, {words.Splitter}", words.Model.Width, words.Model.Layers, words.Model.Context, words.LearningRate, PerByte(words)),
            ($"BPE, {tokenizer.Vocabulary.Size} tokens", tokens.Model.Dim, tokens.Model.Depth, tokens.Model.Context, experiment.LearningRates.Tokens,
                ForwardCost.Of(tokens.Model, tokenizer.Encode(main.Train).Length).Training / main.Train.Length),
            ("pieces of 8 bytes", pieces.Model.Width, pieces.Model.Layers, pieces.Model.Context, pieces.LearningRate, PerByte(pieces)),
        ];
        return new(
            Words("model", rows, row => row.Name),
            Number("width", rows, row => row.Width),
            Number("layers", rows, row => row.Layers),
            Number("units in a window", rows, row => row.Context),
            Number("steps", rows, _ => experiment.Steps),
            Number("learning rate", rows, row => row.Rate),
            Number("training MFLOP per byte", rows, row => Math.Round(row.PerByte / 1e6, 3)));

        double PerByte(TinyWordLmOptions options) => ForwardCost.Of(options.Model, options.Splitter.Split(main.Train, options.Model.MaxWordBytes)).Training / main.Train.Length;
    }

    /// <summary>Positions per word, in a text as it is, misspelled, and in other languages.</summary>
    /// <param name="growth">Counted.</param>
    public static DataFrame Growth(IReadOnlyList<TokenGrowth> growth) => new(
        Words("text", growth, row => row.Text),
        Number("bytes per word", growth, row => Math.Round(row.BytesPerWord, 2)),
        Number("BPE tokens per word", growth, row => Math.Round(row.TokensPerWord, 2)),
        Number("times the text learned from", growth, row => Math.Round(row.TokensPerWord / growth[0].TokensPerWord, 2)),
        Number("backbone positions per word", growth, row => Math.Round(row.BackbonePerWord, 3)));

    /// <summary>What became of every model, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Models(HierarchicalResults results)
    {
        var arms = Enumerable.Range(0, results.Runs[0].Arms.Count).Select(arm => results.Runs.Select(run => run.Arms[arm]).ToArray()).ToArray();
        return new(
            Words("model", arms, runs => runs[0].Name),
            Number("bits per byte", arms, runs => Math.Round(runs.Average(arm => arm.BitsPerByte), 3)),
            Number("± over seeds", arms, runs => runs.Length < 2 ? null : Math.Round(Spread.Of([.. runs.Select(arm => arm.BitsPerByte)]).Deviation, 3)),
            Number("word accuracy, %", arms, runs => runs[0].WordAccuracy is null ? null : Math.Round(100 * runs.Average(arm => arm.WordAccuracy!.Value), 2)),
            Number("parameters", arms, runs => runs[0].Parameters),
            Number("training TFLOP", arms, runs => Math.Round(runs[0].TrainingFlops / 1e12, 2)),
            Number("MB seen", arms, runs => Math.Round(runs[0].BytesSeen / 1e6, 2)),
            Number("seconds", arms, runs => Math.Round(runs.Average(arm => arm.Seconds), 1)));
    }

    /// <summary>What misspelled context does to the words that are spelled right, mean over seeds.</summary>
    /// <param name="results">At least one run.</param>
    public static DataFrame Robustness(HierarchicalResults results)
    {
        var kinds = results.Runs[0].Hierarchical.Noise.Select(effect => effect.Kind).ToArray();
        return new(
            Words("context", kinds, kind => kind.ToString()),
            Rise("words: bits, %", run => run.Hierarchical), Rise("BPE: bits, %", run => run.Baseline),
            Loss("words: accuracy, %", run => run.Hierarchical), Loss("BPE: accuracy, %", run => run.Baseline));

        StringDataFrameColumn Rise(string name, Func<HierarchicalRun, ArmResult> arm) => Percent(name, arm, effect => effect.Rise);
        StringDataFrameColumn Loss(string name, Func<HierarchicalRun, ArmResult> arm) => Percent(name, arm, effect => effect.NoisyAccuracy / effect.CleanAccuracy - 1);
        StringDataFrameColumn Percent(string name, Func<HierarchicalRun, ArmResult> arm, Func<NoiseEffect, double> value) => Words(
            name, kinds, kind => (100 * results.Runs.Average(run => value(arm(run).Noise.Single(effect => effect.Kind == kind)))).ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture));
    }
}
