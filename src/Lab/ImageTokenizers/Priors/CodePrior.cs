using static TorchSharp.torch;

namespace Lab.ImageTokenizers.Priors;

/// <summary>A model of grids of codes, each of a class. The same recipe trains all kinds.</summary>
public abstract class CodePrior : nn.Module
{
    private readonly int classes;

    /// <param name="positions">N: h w of the grid.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="head">For the codes of a position; registered by the derived class.</param>
    /// <param name="name">Of the module.</param>
    /// <exception cref="ArgumentException">Less than one position or class.</exception>
    private protected CodePrior(int positions, int classes, CodeHead head, string name) : base(name)
    {
        if (positions < 1) throw new ArgumentException($"A grid has at least 1 position, got {positions}.", nameof(positions));
        if (classes < 1) throw new ArgumentException($"There must be at least 1 class, got {classes}.", nameof(classes));
        (Positions, this.classes, Head) = (positions, classes, head);
    }

    /// <summary>N.</summary>
    public int Positions { get; }

    /// <summary>For the codes of a position.</summary>
    public CodeHead Head { get; }

    /// <summary>Stands for no class.</summary>
    public long NoClass => classes;

    /// <summary>Negative logarithms of the probabilities of codes, in nats: what training makes small.</summary>
    /// <param name="codes">[B, N, M] int64.</param>
    /// <param name="labels">[B] int64, classes or <see cref="NoClass"/>.</param>
    /// <returns>[..., M], of the positions that are asked for.</returns>
    public abstract Tensor Losses(Tensor codes, Tensor labels);

    /// <summary>Draws grids.</summary>
    /// <param name="labels">[B] int64, on the prior's device.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <returns>[B, N, M] int64.</returns>
    /// <exception cref="ArgumentException">An option outside its range.</exception>
    public abstract Tensor Sample(Tensor labels, CodeSampling options, CancellationToken cancellation = default);

    /// <exception cref="ArgumentException">Another shape.</exception>
    private protected void Check(Tensor codes, Tensor labels)
    {
        if (codes.dim() != 3 || codes.shape[1] != Positions || codes.shape[2] != Head.BookSizes.Count || labels.dim() != 1 || labels.shape[0] != codes.shape[0])
            throw new ArgumentException($"Codes [B, {Positions}, {Head.BookSizes.Count}] go with classes [B], got [{string.Join(", ", codes.shape)}] and [{string.Join(", ", labels.shape)}].", nameof(codes));
    }

    /// <summary>Parts are registered by constructors.</summary>
    protected override void RegisterComponents() { }
}
