using Lab.Data.Grammars;
using Lab.Metrics;
using Lab.Nn;
using Lab.Papers;
using Lab.Papers.HierarchicalTransformers;
using Lab.Text;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.HierarchicalTransformers;

public sealed class HierarchicalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("lab-hierarchical-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly HierarchicalExperiment tiny = new()
    {
        Model = new(32, 1, 64, 1, 8) { CharHeads = 1 },
        Vocabulary = 300,
        Steps = 4,
        WordsPerStep = 32,
        AdaptationSteps = 4,
        ScoredBytes = 1_500,
    };

    [Theory]
    [InlineData(0, 1_146_617_856, 23_199_744, 1_073_741_824)]
    [InlineData(1, 4_315_938_816, 24_182_784, 3_120_562_176)]
    [InlineData(2, 9_172_942_848, 55_312_384, 6_979_321_856)]
    public void The_official_sizes_count_as_reported(int size, long backbone, long encoder, long baseline)
    {
        var official = HierarchicalSize.All[size];
        Assert.Equal(backbone, official.Hierarchical.BackboneWeights);
        Assert.Equal(encoder, official.Hierarchical.EncoderWeights);
        Assert.Equal(baseline, official.BaselineWeights);
    }

    [Fact]
    public void Counted_weights_are_those_of_the_model_but_for_biases_norms_and_positions()
    {
        using var scope = NewDisposeScope();
        var options = new WordLmOptions(32, 2, 64, 3, 8);
        var matrices = new WordLm(options).named_parameters().Where(p => p.parameter.dim() == 2 && !p.name.Contains("wpe") && p.name != "start").Sum(p => p.parameter.numel());
        Assert.Equal(2 * options.EncoderWeights + options.BackboneWeights + 2 * 32, matrices); // the marker's and the end's rows of the two tables
    }

    [Fact]
    public void The_cost_of_a_word_is_the_formula()
    {
        var cost = ForwardCost.Of(new WordLmOptions(96, 2, 192, 6, 64), WordSplitter.Whitespace.Split("seven. "u8.ToArray()));
        double b = 7, d = 96, wide = 192;
        Assert.Equal(2 * (12 * d * d * 4 * (b + 1) + 12 * wide * wide * 6 + 2 * d * wide + 256 * d * (b + 1)), cost.Matrices, 3);
        Assert.Equal(2 * (12 * wide * wide * 6 + 512 * wide), ForwardCost.Of(new DecoderOptions(512, 192, 6, 6, 64), 1).Matrices, 3);
    }

    [Fact]
    public void The_baseline_costs_as_much_per_byte_and_sees_as_many_bytes()
    {
        foreach (var experiment in new[] { tiny, HierarchicalExperiment.Quick })
        {
            var corpus = new Grammar().Splits(60_000, language: 0);
            var tokenizer = experiment.TrainTokenizer(corpus);
            var baseline = experiment.Baseline(tokenizer, corpus, 0);
            var words = WordSplitter.Whitespace.Split(corpus.Train, 16);
            var perByte = ForwardCost.Of(experiment.Model, words).Matrices / corpus.Train.Length;
            var tokens = tokenizer.Encode(corpus.Train).Length;
            Assert.InRange(ForwardCost.Of(baseline.Model, tokens).Matrices / corpus.Train.Length / perByte, 0.95, 1.05);

            var bytes = (double)experiment.WordsPerStep * corpus.Train.Length / words.Count;
            Assert.InRange(baseline.TokensPerStep * (double)corpus.Train.Length / tokens / bytes, 0.95, 1.05);
            var pieces = experiment.FixedPieces(corpus, 0);
            Assert.InRange(pieces.WordsPerStep * 8 / bytes, 0.93, 1.07);
            Assert.Equal(experiment.Model.Width, (experiment with { ComputeMatch = false }).Baseline(tokenizer, corpus, 0).Model.Dim);
        }
    }

    [Fact]
    public void A_run_measures_every_claim()
    {
        var (main, other) = (new Grammar().Splits(30_000, 0), new Grammar().Splits(30_000, 2));
        using var results = tiny.Run(main, [other], [1, 2], cache: new ModelCache(folder));
        Assert.Equal(6, Directory.GetFiles(folder).Length); // three models a seed
        var claims = results.Claims().Items;
        Assert.All(claims, claim => Assert.All(claim.Margins, margin => Assert.True(double.IsFinite(margin), claim.Name)));
        Assert.Equal(6, claims.Count(claim => claim.Margins.Count == 1)); // counted, not trained
        Assert.Equal(9, claims.Count(claim => claim.Verdict == Verdict.Reported)); // at the small scale
        Assert.Equal(Verdict.Holds, claims.Single(claim => claim.Name.Contains("backbone's positions")).Verdict);

        foreach (var arm in new[] { results.Runs[0].Hierarchical, results.Runs[0].Baseline })
        {
            Assert.Equal(4, arm.Noise.Count);
            Assert.True(arm.Adaptation[^1].Other < arm.Adaptation[0].Other, "Training on a language did not help there.");
            Assert.Equal(0, arm.Adaptation[0].Flops);
        }
        Assert.InRange(results.Runs[0].Baseline.Adaptation[^1].Flops / results.Runs[0].Hierarchical.Adaptation[^1].Flops, 0.8, 1.2);
        Assert.Null(results.Runs[0].Fixed.WordAccuracy);

        using var again = tiny.Run(main, [other], [1], cache: new ModelCache(folder));
        Assert.Equal(results.Runs[0].Hierarchical.Noise, again.Runs[0].Hierarchical.Noise);
        Assert.Equal(results.Runs[0].Baseline.Adaptation, again.Runs[0].Baseline.Adaptation);
    }

    [Fact]
    public void Pictures_and_tables_show_a_run()
    {
        var (main, other) = (new Grammar().Splits(30_000, 0), new Grammar().Splits(30_000, 2));
        using var results = tiny.Run(main, [other], [1], cache: new ModelCache(folder));
        var run = results.Runs[0];
        var strips = Plotly.NET.GenericChart.toFigureJson(HierarchicalFigures.Units(run, "Ta kan ton. ", "words"));
        Assert.Contains("backbone: 3 words", strips);
        Assert.Contains("Ta·: ", strips);
        Assert.Equal(2, Plotly.NET.GenericChart.getTraces(Lab.Plots.WordMap.Of(run.Words, [("a", ["kana ", "kanan "]), ("b", ["to ", "tola "])], "words")).Count());
        Assert.Equal(2, Plotly.NET.GenericChart.getTraces(HierarchicalFigures.BitsInsideWords(run, main.Test[..2000])).Count());
        Assert.Equal(4, Plotly.NET.GenericChart.getTraces(HierarchicalFigures.Adaptation(results)).Count());
        Assert.Equal(4, Plotly.NET.GenericChart.getTraces(HierarchicalFigures.Costs(run, [main, other])).Count());
        Assert.Equal(3, HierarchicalTables.Models(results).Rows.Count);
        Assert.Equal(4, HierarchicalTables.Robustness(results).Rows.Count);
        Assert.Equal(3, HierarchicalTables.Plan(tiny, run.Tokens.Tokenizer, main).Rows.Count);
        Assert.Equal(11, HierarchicalTables.Growth(results.Growth).Rows.Count);
        Assert.Equal(3, HierarchicalTables.Official().Rows.Count);
    }

    [Fact]
    public void A_run_without_seeds_or_without_a_second_language_and_a_stopped_one_are_told()
    {
        var corpus = new Grammar().Splits(20_000, language: 0);
        Assert.Throws<ArgumentException>(() => tiny.Run(corpus, [corpus], []));
        Assert.Throws<ArgumentException>(() => tiny.Run(corpus, [], [1]));
        Assert.Throws<ArgumentException>(() => HierarchicalExperiment.Of("slow"));
        Assert.Throws<OperationCanceledException>(() => tiny.Run(corpus, [corpus], [1], cache: new ModelCache(folder), cancellation: new CancellationToken(true)));
    }
}
