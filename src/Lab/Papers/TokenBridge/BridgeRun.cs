using Lab.ImageTokenizers;
using Lab.Papers.TokenBridge.Priors;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Papers.TokenBridge;

/// <summary>A tokenizer after its training. Owns it.</summary>
/// <param name="Name">In tables and legends.</param>
/// <param name="Tokenizer">In evaluation mode.</param>
/// <param name="Curve">While training, with PSNR on some test pictures.</param>
/// <param name="Score">On all test pictures.</param>
/// <param name="Flops">Of the training.</param>
/// <param name="Key">All that decides its weights, as text.</param>
/// <param name="FromCache">Trained earlier.</param>
public sealed record TrainedTokenizer(
    string Name, ImageTokenizer Tokenizer, IReadOnlyList<TrainingProgress> Curve, TokenizerScore Score, double Flops, string Key, bool FromCache) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Tokenizer.Dispose();
}

/// <summary>All quantizers on the latents of one autoencoder.</summary>
/// <param name="ContinuousError">Mean squared error of the same pictures without quantization.</param>
/// <param name="ContinuousPsnr">Decibel without quantization.</param>
/// <param name="Points">Every table, number of levels and range.</param>
public sealed record QuantizationSweep(double ContinuousError, double ContinuousPsnr, IReadOnlyList<QuantizationPoint> Points)
{
    /// <summary>The point of a quantizer.</summary>
    /// <param name="levels">B.</param>
    /// <param name="range">a.</param>
    /// <param name="table">Where the values lie.</param>
    /// <exception cref="KeyNotFoundException">It was not measured.</exception>
    public QuantizationPoint this[int levels, double range = TokenBridgeExperiment.MainRange, ScalarTable table = ScalarTable.Gaussian] =>
        Points.FirstOrDefault(point => point.Levels == levels && point.Range == range && point.Table == table) ?? throw new KeyNotFoundException($"{levels} levels within ±{range} were not measured.");

    /// <summary>How much larger the error of the pictures is than without quantization; 0: not at all.</summary>
    /// <param name="levels">B, within the paper's range.</param>
    public double Increase(int levels) => this[levels].Error / ContinuousError - 1;
}

/// <summary>Part 1 with one seed. Owns the tokenizers.</summary>
/// <param name="Seed">Of first weights and of the order of pictures.</param>
/// <param name="Continuous">The autoencoder.</param>
/// <param name="Book">The tokenizer with a learned book.</param>
/// <param name="Stats">Of the autoencoder's latents.</param>
/// <param name="Sweep">All quantizers.</param>
/// <param name="Scores">Of the quantized autoencoder by number of levels, on all test pictures.</param>
/// <param name="Order">Of channels, slow ones first.</param>
public sealed record BridgeRun(
    long Seed, TrainedTokenizer Continuous, TrainedTokenizer Book, LatentStats Stats, QuantizationSweep Sweep, IReadOnlyDictionary<int, TokenizerScore> Scores, FrequencyOrder Order) : IDisposable
{
    private const int Batch = 256;

    /// <summary>Pictures of latents.</summary>
    /// <param name="latents">[B, N, C], scaled to unit deviation.</param>
    /// <returns>[B, 3, S, S], not clamped.</returns>
    public Tensor Decode(Tensor latents)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var grid = Continuous.Tokenizer.Config.Grid;
        var maps = (latents / Stats.Scale).transpose(1, 2).reshape(latents.shape[0], -1, grid, grid);
        return cat([.. maps.split(Batch).Select(Decoded)]).MoveToOuterDisposeScope();

        Tensor Decoded(Tensor some)
        {
            using var step = NewDisposeScope();
            return Continuous.Tokenizer.Decode(some).MoveToOuterDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Continuous.Dispose();
        Book.Dispose();
    }
}

/// <summary>Part 1. Owns the tokenizers.</summary>
/// <param name="Items">One per seed.</param>
/// <param name="Frechet">Between what the Frechet distances lie.</param>
public sealed record BridgeRuns(List<BridgeRun> Items, FrechetRange Frechet) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Items) run.Dispose();
    }
}

/// <summary>A head of part 2 with one seed. Owns the pictures.</summary>
/// <param name="Arm">Which head.</param>
/// <param name="Seed">Of everything.</param>
/// <param name="Prior">Its module belongs to <see cref="PriorRuns"/>.</param>
/// <param name="Nats">Negative log likelihood of test tokens per channel; not a number without tokens.</param>
/// <param name="Score">Of what it generated.</param>
/// <param name="Samples">[n, 3, S, S]: the first few pictures; arms of one seed were asked for the same classes.</param>
/// <param name="Training">Of backbone and head.</param>
/// <param name="SecondsPerPicture">To generate one.</param>
public sealed record PriorRun(
    HeadArm Arm, long Seed, TrainedPrior Prior, double Nats, GeneratedScore Score, Tensor Samples, PriorTraining Training, double SecondsPerPicture) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Samples.Dispose();
}

/// <summary>Part 2. Owns modules and pictures.</summary>
/// <param name="Items">Seed by seed, in the order of the arms.</param>
/// <param name="Owned">Of every seed.</param>
public sealed record PriorRuns(List<PriorRun> Items, List<TrainedArms> Owned) : IDisposable
{
    /// <summary>The arms, in order.</summary>
    public IReadOnlyList<HeadArm> Arms => [.. Items.Select(run => run.Arm).Distinct()];

    /// <summary>The runs of an arm, one per seed; none if it was not trained.</summary>
    public IReadOnlyList<PriorRun> Of(HeadArm arm) => [.. Items.Where(run => run.Arm == arm)];

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var run in Items) run.Dispose();
        foreach (var arms in Owned) arms.Dispose();
    }
}
