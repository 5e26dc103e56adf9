using Lab.Data;
using Lab.Nn;
using Lab.Text;
using Lab.Training;

namespace Lab.Transplant;

/// <summary>A short training of the tables alone, which shows how good a start they are.</summary>
/// <param name="Steps">Batches.</param>
/// <param name="TokensPerStep">Tokens in a batch, a multiple of the context.</param>
/// <param name="Seed">Of the windows' places; the same places whatever the tables are.</param>
public sealed record EmbeddingRecovery(int Steps, int TokensPerStep, long Seed)
{
    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 3e-3;

    /// <summary>Trains the input and output tables of a model; all its other weights stay and are frozen from now on.</summary>
    /// <param name="model">Changed in place.</param>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="text">UTF-8.</param>
    /// <param name="progress">Told about the training.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <exception cref="ArgumentException">Options outside their range, or a text too short.</exception>
    public void Run(Decoder model, Bpe tokenizer, ReadOnlySpan<byte> text, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        var context = model.Options.Context;
        if (TokensPerStep < context || TokensPerStep % context != 0)
            throw new ArgumentException($"A step takes whole windows of {context} tokens, but {nameof(TokensPerStep)} is {TokensPerStep}.");
        foreach (var (name, parameter) in model.named_parameters()) parameter.requires_grad = name is Decoder.InputTableName or Decoder.OutputTableName;

        var windows = new TokenWindows(tokenizer.Encode(text), context, TokensPerStep / context, Seed, model.InputTable.device);
        var warmup = Math.Min(Math.Max(5, Steps / 20), Steps - 1);
        Trainer.Run(
            model, windows, batch => Losses.CrossEntropy(model.call(batch.Ids).flatten(0, 1), batch.Next.flatten()),
            new TrainingOptions($"recovery of {model.Options.Vocabulary} rows", Steps, new(LearningRate) { Minimum = LearningRate / 10, WarmupSteps = warmup })
            {
                AdamW = new() { Beta2 = 0.95, WeightDecay = 0 },
                ClipNorm = 1,
                Seed = Seed,
            },
            progress: progress, cancellation: cancellation);
    }
}
