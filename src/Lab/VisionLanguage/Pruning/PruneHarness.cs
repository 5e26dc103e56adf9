using System.Diagnostics;
using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Models;
using static TorchSharp.torch;

namespace Lab.VisionLanguage.Pruning;

/// <summary>What became of a pruner.</summary>
/// <param name="Name">Of the pruner.</param>
/// <param name="Score">Right answers.</param>
/// <param name="Answers">Word of every question.</param>
/// <param name="Entered">Patches that entered the decoder.</param>
/// <param name="Left">Patches that were still there in the last layer.</param>
/// <param name="Alive">Mean number of visual tokens in each layer.</param>
/// <param name="Cost">Mean operations of a question, from the lengths that the layers really ran on; null where tokens were masked, which saves nothing.</param>
/// <param name="Milliseconds">Per question, pruner and decoder without the encoder; null likewise.</param>
public sealed record PruneResult(
    string Name, VlmScore Score, IReadOnlyList<long> Answers, KeptPatches Entered, KeptPatches Left, IReadOnlyList<double> Alive, VlmCost? Cost, double? Milliseconds)
{
    /// <summary>Accuracy over all questions as a share of another's, usually of that of <see cref="Pruners.None"/>.</summary>
    public double RelativeTo(PruneResult unpruned) => Score.All.Value / unpruned.Score.All.Value;
}

/// <summary>Asks a model single questions while a pruner removes visual tokens, with the encoder's work done once for all pruners.</summary>
public sealed class PruneHarness : IDisposable
{
    private const int EncoderChunk = 128;

    private readonly TinyVlm model;
    private readonly QaBatch batch;
    private readonly PruneInput all;

    /// <param name="model">In evaluation mode; not owned.</param>
    /// <param name="batch">Pictures with one question each; owned from now on.</param>
    /// <exception cref="ArgumentException">Several questions about a picture: a pruner sees one at a time.</exception>
    public PruneHarness(TinyVlm model, QaBatch batch)
    {
        if (batch.QuestionCount != 1) throw new ArgumentException($"Tokens are removed for one question at a time, got {batch.QuestionCount} per picture.", nameof(batch));
        (this.model, this.batch) = (model, batch);
        all = Encode();
    }

    /// <summary>The questions.</summary>
    public QaBatch Questions => batch;

    /// <summary>Questions of a recipe's set.</summary>
    /// <param name="model">In evaluation mode; not owned.</param>
    /// <param name="set">Usually that of the model's recipe.</param>
    /// <param name="questions">About as many pictures: 384 tell a mean within 5 points, 4,096 within 1.5.</param>
    /// <param name="split">Of the data.</param>
    public static PruneHarness Of(TinyVlm model, QaSet set, int questions, QaSplit split = QaSplit.Test) =>
        new(model, set.At(model.Options.ImageSize).Generate(split, 0, questions, 1).To(model.Vision.Words.device));

    /// <summary>Asks all questions.</summary>
    /// <param name="pruner">Removes tokens.</param>
    /// <param name="execution">Taking out needs as many tokens for every question of a chunk.</param>
    /// <param name="positions">What becomes of positions; the models were trained with tokens keeping theirs.</param>
    /// <param name="chunk">Questions at once.</param>
    /// <exception cref="ArgumentException">What the pruner wants kept does not fit.</exception>
    public PruneResult Run(IPruner pruner, Execution execution = Execution.Gather, Positions positions = Positions.Keep, int chunk = 64)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(chunk, 1);
        using var noGrad = no_grad();
        var run = new Tally(model.Decoder.Depth);
        var timed = execution == Execution.Gather;
        for (var start = 0; start < batch.Count; start += chunk)
        {
            using var scope = NewDisposeScope();
            using var part = batch.Slice(start, Math.Min(chunk, batch.Count - start));
            var input = Part(part, start);
            if (timed && start == 0) Answer(pruner, input, execution, positions); // the first run of any code is slow
            var watch = Stopwatch.StartNew();
            var (answers, layers) = Answer(pruner, input, execution, positions);
            run.Answers.AddRange(answers.data<long>());
            run.Seconds += watch.Elapsed.TotalSeconds;
            run.Count(model.Options, layers);
            run.Entered.AddRange(Visible(layers[0]));
            run.Left.AddRange(Visible(layers[^1]));
        }

        var right = run.Answers.Zip(batch.Asked, (answer, asked) => answer == asked[0].Answer);
        var alive = run.Alive.Select(sum => sum / batch.Count).ToArray();
        return new(
            pruner.Name, VlmScore.Of(batch.Asked.Select(asked => asked[0].Type), right), run.Answers, Patches(run.Entered), Patches(run.Left), alive,
            timed ? run.Cost * (1.0 / batch.Count) : null, timed ? 1e3 * run.Seconds / batch.Count : null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { all.Class, all.Patches, all.ClassAttention, all.Visual, all.Evidence }) tensor.Dispose();
        batch.Dispose();
    }

    // The decoder with its tokens being removed: answers [B] on the CPU, and the sequence that entered each layer.
    private (Tensor Answers, IReadOnlyList<TokenSequence> Layers) Answer(IPruner pruner, PruneInput input, Execution execution, Positions positions)
    {
        var sequence = model.Ask(input.Visual, input.Batch.Words);
        if (pruner.AtInput(input) is { } entering) sequence = sequence.Keep(entering, execution, positions);
        var passes = new List<LayerPass>();
        for (var layer = 1; layer <= model.Decoder.Depth; layer++)
        {
            var (behind, taps) = model.Decoder.Layer(layer, sequence);
            passes.Add(new(sequence, taps));
            sequence = behind;
            if (layer < model.Decoder.Depth && pruner.AfterLayer(new(input, sequence, passes)) is { } alive) sequence = sequence.Keep(alive, execution, positions);
        }
        return (model.Decoder.Answers(sequence).squeeze(1).argmax(-1).cpu(), [.. passes.Select(pass => pass.Entered)]);
    }

    // Which patches can still be looked at.
    private bool[][] Visible(TokenSequence sequence)
    {
        var patches = zeros(sequence.Patches.shape[0], model.Options.Patches, ScalarType.Bool, sequence.Patches.device);
        return RowsOf<bool>(patches.scatter(1, sequence.Patches, sequence.Alive ?? ones_like(sequence.Patches, ScalarType.Bool)));
    }

    private PruneInput Encode()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> classes = [], patches = [], attention = [], visual = [];
        for (var start = 0; start < batch.Count; start += EncoderChunk)
        {
            using var images = batch.Images.narrow(0, start, Math.Min(EncoderChunk, batch.Count - start));
            var features = model.Vision.Encoder.call(images);
            classes.Add(features.Class);
            patches.Add(features.Patches);
            attention.Add(features.ClassAttention());
            visual.Add(model.VisualTokens(features));
            foreach (var map in features.Attention) map.Dispose();
        }
        return new(
            model, batch, cat(classes).DetachFromDisposeScope(), cat(patches).DetachFromDisposeScope(), cat(attention).DetachFromDisposeScope(), cat(visual).DetachFromDisposeScope(),
            batch.Evidence().select(1, 0).clone().DetachFromDisposeScope());
    }

    private PruneInput Part(QaBatch part, int start)
    {
        Tensor Rows(Tensor whole) => whole.narrow(0, start, part.Count);
        return new(model, part, Rows(all.Class), Rows(all.Patches), Rows(all.ClassAttention), Rows(all.Visual), Rows(all.Evidence));
    }

    private KeptPatches Patches(IReadOnlyList<bool[]> kept)
    {
        using var scope = NewDisposeScope();
        return new(kept, RowsOf<long>(batch.PatchObjects), RowsOf<bool>(all.Evidence));
    }

    private static T[][] RowsOf<T>(Tensor matrix) where T : unmanaged => [.. matrix.cpu().contiguous().data<T>().ToArray().Chunk((int)matrix.shape[1])];

    // What is added up over chunks.
    private sealed class Tally(int depth)
    {
        public List<long> Answers { get; } = [];
        public List<bool[]> Entered { get; } = [];
        public List<bool[]> Left { get; } = [];
        public double[] Alive { get; } = new double[depth]; // visual tokens of all questions by layer
        public VlmCost Cost { get; private set; } // of all questions
        public double Seconds { get; set; }

        public void Count(TinyVlmOptions options, IReadOnlyList<TokenSequence> layers)
        {
            var batch = layers[0].Patches.shape[0];
            for (var i = 0; i < depth; i++) Alive[i] += layers[i].Alive?.sum().item<long>() ?? batch * layers[i].VisualCount;
            Cost += VlmCost.Of(options, [.. layers.Select(sequence => sequence.Length)]) * batch;
        }
    }
}
