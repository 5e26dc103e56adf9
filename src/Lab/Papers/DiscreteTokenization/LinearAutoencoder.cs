using Lab.Quantization;
using Lab.Runtime;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>
/// A quantizer without a codebook behind a learned linear map and before another one. Its grid is fixed, so it needs the
/// maps to meet the data, as it needs a network's encoder and decoder elsewhere.
/// </summary>
public sealed class LinearAutoencoder : Quantizer
{
    private const int Steps = 300, BatchSize = 256;
    private const double LearningRate = 2e-2;

    private readonly Quantizer quantizer;
    private readonly Linear encode, decode;

    private LinearAutoencoder(Quantizer quantizer, int dim) : base(dim, nameof(LinearAutoencoder))
    {
        this.quantizer = quantizer;
        encode = nn.Linear(dim, quantizer.Dim);
        decode = nn.Linear(quantizer.Dim, dim);
        register_module("quantizer", quantizer);
        register_module("encode", encode);
        register_module("decode", decode);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<long> BookSizes => quantizer.BookSizes;

    /// <summary>Maps trained with the straight-through gradient; they start with the principal axes, scaled to deviation 1.</summary>
    /// <param name="quantizer">Without a codebook; owned by the result.</param>
    /// <param name="vectors">[N, D].</param>
    /// <param name="seed">Of the batches.</param>
    /// <param name="cancellation">Stops before the next step.</param>
    /// <returns>In evaluation mode.</returns>
    public static LinearAutoencoder Fit(Quantizer quantizer, Tensor vectors, long seed, CancellationToken cancellation = default)
    {
        var fitted = new LinearAutoencoder(quantizer, (int)vectors.shape[1]);
        fitted.StartAtPrincipalAxes(vectors);
        using var generator = manual_seed(Seed.Derive(seed, "linear maps"));
        using var adam = optim.Adam(fitted.parameters(), LearningRate);
        for (var step = 0; step < Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            foreach (var group in adam.ParamGroups) group.LearningRate = LearningRate * (1 - (double)step / Steps);
            var batch = vectors.index_select(0, randint(vectors.shape[0], [Math.Min(BatchSize, vectors.shape[0])]));
            var quantized = fitted.QuantizeRows(batch);
            adam.zero_grad();
            ((quantized.Values - batch).square().mean() + quantized.Loss).backward();
            adam.step();
        }
        fitted.eval();
        return fitted;
    }

    /// <inheritdoc/>
    protected internal override Quantized QuantizeRows(Tensor rows)
    {
        var inner = quantizer.QuantizeRows(encode.call(rows));
        return inner with { Values = decode.call(inner.Values) };
    }

    /// <inheritdoc/>
    protected internal override Tensor LookupRows(Tensor codes) => decode.call(quantizer.LookupRows(codes));

    // More channels than axes: the axes again, each time another random turn of them.
    private void StartAtPrincipalAxes(Tensor vectors)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var mean = vectors.mean([0]);
        var (_, s, v) = linalg.svd(vectors - mean, fullMatrices: false); // v: [D, D], rows are axes
        var deviation = (s / Math.Sqrt(vectors.shape[0])).clamp_min(1e-6);
        var axes = v / deviation.unsqueeze(1);
        var (dim, channels) = (vectors.shape[1], (long)quantizer.Dim);
        var rows = channels <= dim ? axes.narrow(0, 0, channels) : cat([axes, randn(channels - dim, dim).matmul(axes) / Math.Sqrt(dim)]);
        encode.weight!.copy_(rows);
        encode.bias!.copy_(-rows.matmul(mean));
        decode.weight!.copy_(linalg.pinv(rows));
        decode.bias!.copy_(mean);
    }

    /// <summary>Parts are registered by the constructor.</summary>
    protected override void RegisterComponents() { }
}
