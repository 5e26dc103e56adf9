namespace Lab.Nn;

/// <summary>The geometry of a convolution or pooling along one side of a picture.</summary>
/// <param name="Kernel">Inputs that one output sees.</param>
/// <param name="Stride">Inputs between two neighbouring outputs.</param>
/// <param name="Padding">Inputs added at both ends.</param>
public readonly record struct SlidingWindow(int Kernel, int Stride, int Padding)
{
    /// <summary>How many outputs a side of <paramref name="inputs"/> gives.</summary>
    public long Outputs(long inputs) => (inputs + 2 * Padding - Kernel) / Stride + 1;
}

/// <summary>What one output of a stack of windows sees of the input, along one side.</summary>
/// <param name="Size">Inputs that one output sees.</param>
/// <param name="Stride">Inputs between the fields of two neighbouring outputs.</param>
/// <param name="Start">First input that output 0 sees; negative where its field reaches into the padding.</param>
public readonly record struct ReceptiveField(long Size, long Stride, long Start)
{
    /// <summary>The field of windows applied one after the other.</summary>
    /// <remarks>Source: Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks", section 2.</remarks>
    public static ReceptiveField Of(IEnumerable<SlidingWindow> windows) =>
        windows.Aggregate(new ReceptiveField(1, 1, 0), (field, window) => new(
            field.Size + (window.Kernel - 1) * field.Stride,
            field.Stride * window.Stride,
            field.Start - window.Padding * field.Stride));
}
