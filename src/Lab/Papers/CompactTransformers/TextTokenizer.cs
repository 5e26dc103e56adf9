using Lab.Nn;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>
/// Turns word embeddings into tokens by a convolution along the text (CCT: with ReLU and max-pooling behind it), and says
/// which tokens still stand for words: those whose window met one.
/// </summary>
/// <remarks>Source: src/utils/tokenizer.py of the reference repository.</remarks>
internal sealed class TextTokenizer : nn.Module<Tensor, Tensor?, Tensor>
{
    private readonly Conv2d convolution;
    private readonly IReadOnlyList<SlidingWindow> windows; // the convolution's, and the pooling's if there is one

    public TextTokenizer(int wordDim, int dim, IReadOnlyList<SlidingWindow> windows) : base(nameof(TextTokenizer))
    {
        this.windows = windows;
        var window = windows[0];
        convolution = Layers.ConvForRelu(1, dim, (window.Kernel, wordDim), (window.Stride, 1), (window.Padding, 0));
        this.Register("conv_layers.0", convolution);
    }

    /// <param name="words">[B, L, E].</param>
    /// <param name="mask">[B, L] bool, true for words; null: all are.</param>
    /// <returns>[B, N, D]; zeros where no word was met.</returns>
    public override Tensor forward(Tensor words, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var x = convolution.call(words.unsqueeze(1)); // [B, 1, L, E] -> [B, D, L', 1]
        if (windows.Count > 1)
        {
            var pool = windows[1];
            x = nn.functional.max_pool2d(x.relu(), [pool.Kernel, 1], [pool.Stride, 1], [pool.Padding, 0]);
        }
        var tokens = x.squeeze(-1).transpose(1, 2); // [B, N, D]
        if (mask is not null) tokens = tokens * TokenMask(mask).unsqueeze(-1).to(tokens.dtype);
        return tokens.MoveToOuterDisposeScope();
    }

    /// <param name="mask">[B, L] bool, true for words.</param>
    /// <returns>[B, N] bool, true for tokens whose window met a word.</returns>
    public Tensor TokenMask(Tensor mask)
    {
        using var scope = NewDisposeScope();
        var met = mask.to(ScalarType.Float32).unsqueeze(1); // [B, 1, L]
        var window = windows[0];
        met = nn.functional.conv1d(met, ones(1, 1, window.Kernel, device: mask.device), stride: window.Stride, padding: window.Padding);
        if (windows.Count > 1) met = nn.functional.max_pool1d(met, windows[1].Kernel, windows[1].Stride, windows[1].Padding);
        return (met.squeeze(1) > 0).MoveToOuterDisposeScope();
    }

    /// <summary>The constructor registers by reference names.</summary>
    protected override void RegisterComponents() { }
}
