using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Training;

/// <summary>
/// The trainable parameters of a module as views of one flat tensor, their gradients as views of another: zeroing,
/// clipping, averaging and an optimiser's step are then a few operations, however many parameters there are.
/// </summary>
/// <remarks>
/// The module keeps working as before, and after <see cref="Dispose"/> too. While this lives, the module must stay on its
/// device, and gradients are cleared by <see cref="ZeroGradients"/>, not by <c>zero_grad</c>, which would cut the views.
/// A parameter that no gradient reaches has gradient zero.
/// </remarks>
public sealed class FlatParameters : IDisposable
{
    // 64 bytes: what vectorised CPU code and the matrix units of a GPU want a weight to begin at.
    private const long Alignment = 16;

    private readonly (string Name, Parameter Parameter, long Offset)[] layout;

    /// <summary>Moves the parameters' values into one tensor. Frozen parameters stay where they are.</summary>
    /// <param name="module">On the device it will be trained on.</param>
    /// <exception cref="ArgumentException">Nothing to train, or parameters of several types or devices.</exception>
    public FlatParameters(nn.Module module)
    {
        var tables = module.named_modules().Where(m => m.module is Embedding).Select(m => $"{m.name}.weight").ToHashSet();
        var named = module.named_parameters().Where(p => p.parameter.requires_grad).OrderByDescending(p => IsMatrix(p.name, p.parameter)).ToArray();
        Check(module, named);

        layout = new (string, Parameter, long)[named.Length];
        var end = 0L;
        for (var i = 0; i < named.Length; i++)
        {
            layout[i] = (named[i].name, named[i].parameter, end);
            end += (named[i].parameter.numel() + Alignment - 1) / Alignment * Alignment;
            if (IsMatrix(named[i].name, named[i].parameter)) MatrixLength = end;
        }

        var first = named[0].parameter;
        Values = zeros(end, first.dtype, first.device).DetachFromDisposeScope();
        Gradients = zeros_like(Values).DetachFromDisposeScope();
        using var noGrad = no_grad();
        foreach (var (_, parameter, offset) in layout)
        {
            using var value = View(Values, parameter, offset);
            value.copy_(parameter);
            parameter.set_(value);
            using var gradient = View(Gradients, parameter, offset);
            parameter.grad = gradient;
        }

        // A row of a table is a vector that is looked up, not a map that is applied.
        bool IsMatrix(string name, Parameter parameter) => parameter.dim() >= 2 && !tables.Contains(name);
    }

    /// <summary>[P], every parameter's values, matrices first; zeros between them where alignment asks for it.</summary>
    public Tensor Values { get; }

    /// <summary>[P], laid out as <see cref="Values"/>; backward passes add to it.</summary>
    public Tensor Gradients { get; }

    /// <summary>How much of the flat tensors belongs to matrices and kernels (two dimensions or more); tables of embeddings, biases, norms and other vectors follow.</summary>
    public long MatrixLength { get; }

    /// <summary>Views of a tensor that is laid out as <see cref="Values"/>, by parameter name. The caller disposes them.</summary>
    public Dictionary<string, Tensor> Split(Tensor flat) => layout.ToDictionary(l => l.Name, l => View(flat, l.Parameter, l.Offset));

    /// <summary>Forgets the gradients of the last step.</summary>
    public void ZeroGradients() => Gradients.zero_();

    /// <summary>Scales the gradients down so that their common norm is at most <paramref name="maxNorm"/>, on the device, without waiting for it.</summary>
    public void ClipGradients(double maxNorm)
    {
        using var scope = NewDisposeScope();
        Gradients.mul_((maxNorm / (Gradients.dot(Gradients).sqrt() + 1e-6)).clamp(max: 1)); // dot: the fast path of BLAS, unlike norm
    }

    /// <summary>Frees the gradients; the values live on in the module.</summary>
    public void Dispose()
    {
        foreach (var (_, parameter, _) in layout)
            if (!parameter.IsInvalid) parameter.grad = null;
        Values.Dispose();
        Gradients.Dispose();
    }

    private static Tensor View(Tensor flat, Parameter parameter, long offset)
    {
        using var part = flat.narrow(0, offset, parameter.numel());
        return part.view(parameter.shape);
    }

    private static void Check(nn.Module module, (string name, Parameter parameter)[] named)
    {
        if (named.Length == 0) throw new ArgumentException($"{module.GetName()} has no parameter that requires a gradient.", nameof(module));
        var first = named[0].parameter;
        foreach (var (name, parameter) in named)
            if (parameter.dtype != first.dtype || parameter.device.ToString() != first.device.ToString())
                throw new ArgumentException(
                    $"Parameters must share one type and one device: {named[0].name} is {first.dtype} on {first.device}, {name} is {parameter.dtype} on {parameter.device}.", nameof(module));
    }
}
