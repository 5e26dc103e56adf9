using Lab.Nn;
using Lab.Papers.CompactTransformers;
using Lab.Quantization;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

/// <summary>A notebook's cell often makes a model inside a dispose scope; its weights must not go with the scope.</summary>
public sealed class DisposeScopeTests
{
    private static readonly Dictionary<string, Func<nn.Module>> make = new()
    {
        ["decoder"] = () => new Decoder(DecoderOptions.Nano(257)),
        ["untied decoder"] = () => new Decoder(DecoderOptions.Nano(257) with { TiedOutput = false }),
        ["word model"] = () => new WordLm(new(CharWidth: 32, CharLayers: 1, Width: 64, Layers: 1, Context: 4) { Prefixes = 2 }),
        ["ViT-Lite"] = () => new CompactTransformer(CctOptions.ViTLite2_4),
        ["CVT"] = () => new CompactTransformer(CctOptions.Cvt2_4),
        ["CCT, sine positions"] = () => new CompactTransformer(CctOptions.Cct2_3x2 with { Position = PositionKind.Sine }),
        ["learned codebook"] = () => new VectorQuantizer(new LearnedCodebook(8, 4, CodebookStart.Normal)),
        ["moving codebook"] = () => new VectorQuantizer(new EmaCodebook(8, 4, CodebookStart.Uniform)),
        ["linear codebook"] = () => new VectorQuantizer(new LinearCodebook(8, 4)),
        ["additive"] = () => new AdditiveQuantizer(randn(2, 8, 4)),
        ["finite scalar"] = () => new FiniteScalarQuantizer(8, 5),
        ["binary"] = () => new BinarySphericalQuantizer(4),
        ["group norm"] = () => Layers.GroupNorm(2, 4),
    };

    public static TheoryData<string> Kinds => [.. make.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_model_made_inside_a_scope_keeps_its_parameters_and_buffers(string kind)
    {
        using var outside = make[kind]();
        nn.Module inside;
        using (NewDisposeScope()) inside = make[kind]().OnDevice(CPU);
        Assert.Equal(Names(outside), Names(inside));
        Assert.All(inside.parameters().Concat(inside.buffers()), tensor => Assert.False(tensor.IsInvalid));
        inside.Dispose();
    }

    private static List<string> Names(nn.Module module) =>
        [.. module.named_parameters().Select(p => p.name), .. module.named_buffers().Select(b => b.name)];
}
