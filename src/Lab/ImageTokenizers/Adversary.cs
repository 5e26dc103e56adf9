using Lab.Nn;
using Lab.Runtime;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.ImageTokenizers;

/// <summary>A discriminator beside a tokenizer.</summary>
/// <param name="Weight">Of its term, on top of the balance with the reconstruction loss.</param>
/// <param name="Start">Share of the steps before it begins, in [0, 1]: a tokenizer should reconstruct first.</param>
/// <param name="Channels">Of the discriminator's first layer.</param>
public sealed record AdversarialOptions(double Weight = 0.1, double Start = 0.6, int Channels = 32)
{
    internal void Check()
    {
        if (Weight is not (>= 0 and < double.PositiveInfinity)) throw new ArgumentException($"The weight of the adversarial loss must not be negative, got {Weight}.");
        if (Start is not (>= 0 and <= 1)) throw new ArgumentException($"The adversarial loss starts at a share of the steps in [0, 1], got {Start}.");
    }
}

/// <summary>Trains a discriminator beside a tokenizer, a step for every one of the tokenizer's, and gives the tokenizer's loss its term.</summary>
/// <remarks>Source: Esser et al. 2021, section 3.1 and equation 7 (arXiv 2012.09841).</remarks>
internal sealed class Adversary : IDisposable
{
    private const double Tiny = 1e-4, MostBalance = 1e4;

    private readonly AdversarialOptions options;
    private readonly PatchDiscriminator discriminator;
    private readonly FlatParameters parameters;
    private readonly FlatAdamW adam;
    private readonly LearningRateSchedule rate;
    private readonly long steps, first;
    private long taken;

    /// <param name="options">How.</param>
    /// <param name="adam">As the tokenizer's.</param>
    /// <param name="rate">As the tokenizer's.</param>
    /// <param name="steps">Of the tokenizer's training.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <param name="device">Of the tokenizer.</param>
    public Adversary(AdversarialOptions options, AdamWOptions adam, LearningRateSchedule rate, long steps, long seed, Device device)
    {
        options.Check();
        (this.options, this.rate, this.steps, first) = (options, rate, steps, (long)Math.Ceiling(options.Start * steps));
        using (manual_seed(Seed.Derive(seed, "discriminator"))) discriminator = new PatchDiscriminator(options.Channels).OnDevice(device);
        parameters = new FlatParameters(discriminator);
        this.adam = new FlatAdamW(parameters, adam);
    }

    /// <summary>Lets the discriminator learn, then asks it: the term grows where made pictures do not look real.</summary>
    /// <param name="step">Of the tokenizer, from 0.</param>
    /// <param name="images">[B, 3, S, S], real.</param>
    /// <param name="made">[B, 3, S, S], with a gradient.</param>
    /// <param name="reconstruction">Scalar: the loss that the term is balanced with.</param>
    /// <param name="last">Weight of the decoder's last convolution.</param>
    /// <returns>Scalar, weighted; null before the start.</returns>
    public Tensor? Term(long step, Tensor images, Tensor made, Tensor reconstruction, Tensor last)
    {
        if (step < first) return null;
        Learn(step, images, made.detach());
        var term = -discriminator.call(made).mean();
        return options.Weight * Balance(reconstruction, term, last) * term;
    }

    /// <summary>What the discriminator says.</summary>
    /// <param name="images">[B, 3, S, S].</param>
    internal Tensor Judge(Tensor images) => discriminator.call(images);

    /// <summary>How much larger the one loss's gradient at the last layer is than the other's: with it as a weight neither drowns the other.</summary>
    /// <returns>Scalar in [0, 1e4], without gradient.</returns>
    internal static Tensor Balance(Tensor reconstruction, Tensor term, Tensor last)
    {
        var (kept, moved) = (autograd.grad([reconstruction], [last], retain_graph: true)[0], autograd.grad([term], [last], retain_graph: true)[0]);
        return (kept.norm() / (moved.norm() + Tiny)).clamp(0, MostBalance).detach();
    }

    // The term's own backward pass leaves gradients in the discriminator, too; they are cleared here.
    private void Learn(long step, Tensor images, Tensor made)
    {
        using var scope = NewDisposeScope();
        parameters.ZeroGradients();
        PatchDiscriminator.Hinge(discriminator.call(images), discriminator.call(made)).backward();
        adam.Step(taken++, rate.At(step, steps));
    }

    public void Dispose()
    {
        adam.Dispose();
        parameters.Dispose();
        discriminator.Dispose();
    }
}
