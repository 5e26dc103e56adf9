namespace Lab.Quantization;

/// <summary>A quantizer that changes while it is trained, from soft to hard.</summary>
public interface IAnnealed
{
    /// <summary>Tells how far training is.</summary>
    /// <param name="progress">From 0 to 1.</param>
    /// <exception cref="ArgumentException">Outside.</exception>
    void Anneal(double progress);
}
