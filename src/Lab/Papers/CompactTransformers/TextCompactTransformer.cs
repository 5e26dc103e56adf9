using Lab.Nn;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Lab.Papers.CompactTransformers;

/// <summary>A Compact Transformer that classifies texts: word embeddings, tokenizer, encoder in which only words are looked at.</summary>
/// <remarks>
/// Source: src/text of github.com/SHI-Labs/Compact-Transformers; its weights load by name. Its position tables have a first
/// row for padding, and its code adds the whole table, which is one row longer than its tokens and so cannot run as published;
/// here token i gets row i + 1, the only reading that fits.
/// </remarks>
public sealed class TextCompactTransformer : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "embedder")] private readonly WordEmbedder embedder;
    [ComponentName(Name = "tokenizer")] private readonly TextTokenizer? tokenizer;
    [ComponentName(Name = "classifier")] private readonly TransformerClassifier classifier;

    /// <param name="options">Family, sizes, vocabulary.</param>
    /// <exception cref="ArgumentException">An option outside its range, or options that do not fit together.</exception>
    public TextCompactTransformer(TextCctOptions options) : base(nameof(TextCompactTransformer))
    {
        options.Check();
        embedder = new WordEmbedder(options.VocabularySize, options.WordDim, options.PaddingWord);
        tokenizer = options.Windows.Count == 0 ? null : new TextTokenizer(options.WordDim, options.Size.EmbedDim, options.Windows);
        classifier = new TransformerClassifier(new(options.Size, options.Tokens)
        {
            Position = options.Position,
            Pooling = options.Family is TextFamily.Transformer or TextFamily.ViTLite ? Pooling.Class : Pooling.Seq,
            Norm = BlockNorm.CctHybrid,
            AttentionDropout = options.AttentionDropout,
            DropPath = options.DropPath,
            PaddingRows = 1,
        }, options.Classes);
        RegisterComponents();
    }

    /// <param name="words">[B, L] int64, words of the vocabulary.</param>
    /// <param name="mask">[B, L] bool, true for words, false for padding; null: all are words.</param>
    /// <returns>Logits [B, classes].</returns>
    /// <exception cref="ArgumentException">A text of another length than the position table was made for.</exception>
    public override Tensor forward(Tensor words, Tensor? mask = null)
    {
        using var scope = NewDisposeScope();
        var x = embedder.call(words);
        if (mask is not null) x = x * mask.unsqueeze(-1).to(x.dtype);
        var tokens = tokenizer is null ? x : tokenizer.call(x, mask);
        var tokenMask = mask is null || tokenizer is null ? mask : tokenizer.TokenMask(mask);
        return classifier.call(tokens, tokenMask).MoveToOuterDisposeScope();
    }

    // Its only purpose is the name: embedder.embeddings.weight.
    private sealed class WordEmbedder : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "embeddings")] private readonly Embedding embeddings;

        public WordEmbedder(int words, int dim, int padding) : base(nameof(WordEmbedder))
        {
            embeddings = nn.Embedding(words, dim, padding_idx: padding);
            RegisterComponents();
        }

        public override Tensor forward(Tensor words) => embeddings.call(words);
    }
}
