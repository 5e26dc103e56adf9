using static TorchSharp.torch;

namespace Lab.Data.ShapesQa;

/// <summary>Training samples one after the other; none comes twice.</summary>
/// <param name="setOf">The set to draw from at a step.</param>
/// <param name="batchSize">Pictures in a batch.</param>
/// <param name="questions">About every picture.</param>
/// <param name="first">Number of the first sample.</param>
/// <param name="device">Where batches are made.</param>
internal sealed class QaStream(Func<long, QaSet> setOf, int batchSize, int questions, long first, Device device) : IBatchSource<QaBatch>
{
    /// <inheritdoc/>
    public int BatchSize => batchSize;

    /// <summary>A step: the samples have no end.</summary>
    public long BatchesPerEpoch => 1;

    /// <inheritdoc/>
    public IEnumerable<QaBatch> From(long step)
    {
        for (; ; step++) yield return setOf(step).Generate(QaSplit.Train, first + step * batchSize, batchSize, questions).To(device);
    }
}
