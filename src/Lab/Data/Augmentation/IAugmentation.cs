using static TorchSharp.torch;

namespace Lab.Data.Augmentation;

/// <summary>A random change of a training batch.</summary>
public interface IAugmentation
{
    /// <param name="batch">Images [B, C, H, W] with pixels in [0, 1]; labels [B] int64 or [B, K] float. Not changed.</param>
    /// <param name="random">The source of all randomness, on the CPU whatever the batch's device, so that devices agree.</param>
    /// <returns>The changed batch; it may share tensors with the given one. New tensors belong to the present dispose scope.</returns>
    ImageBatch Apply(ImageBatch batch, Generator random);
}
