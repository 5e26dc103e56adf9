using Lab.Data;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Lab.Tests.Training;

/// <summary>A task of two classes that a small network with dropout learns in a hundred steps.</summary>
internal static class Toy
{
    public const int Inputs = 8;

    public static Module<Tensor, Tensor> Model(int hidden = 16)
    {
        manual_seed(5);
        return Sequential(
            ("in", Linear(Inputs, hidden)), ("norm", BatchNorm1d(hidden)), ("act", GELU()), ("drop", Dropout(0.1)), ("out", Linear(hidden, 2)));
    }

    public static TrainingOptions Options(long steps) => new("toy", steps, new LearningRateSchedule(0.01) { WarmupSteps = 3 })
    {
        AdamW = new AdamWOptions { WeightDecay = 0.03 },
        ClipNorm = 1,
        EmaDecay = 0.9,
        Seed = 7,
        LogInterval = 5,
    };

    public static Func<ImageBatch, Tensor> Loss(Module<Tensor, Tensor> model) =>
        batch => Losses.CrossEntropy(model.call(batch.Images), batch.Labels, smoothing: 0.1);

    public static byte[] Weights(nn.Module model) =>
        [.. model.state_dict().OrderBy(t => t.Key, StringComparer.Ordinal).SelectMany(t => t.Value.bytes.ToArray())];

    /// <summary>Class = sign of the sum of the inputs.</summary>
    public sealed class Batches : IBatchSource<ImageBatch>
    {
        public int BatchSize => 32;
        public long BatchesPerEpoch => 10;
        public long Drawn { get; private set; }

        public IEnumerable<ImageBatch> From(long step)
        {
            for (; ; step++)
            {
                Drawn++;
                using var scope = NewDisposeScope();
                using var generator = new Generator((ulong)Seed.Derive(11, step));
                var inputs = randn([BatchSize, Inputs], generator: generator);
                yield return new ImageBatch(inputs.DetachFromDisposeScope(), inputs.sum(1).gt(0).to_type(ScalarType.Int64).DetachFromDisposeScope());
            }
        }
    }

    public sealed class Reports : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> All { get; } = [];
        public Action<TrainingProgress> Then { get; init; } = _ => { };

        public void Report(TrainingProgress value)
        {
            All.Add(value);
            Then(value);
        }
    }
}
