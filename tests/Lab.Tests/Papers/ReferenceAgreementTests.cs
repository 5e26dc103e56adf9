using Lab.Nn;
using Lab.Papers.CompactTransformers;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class ReferenceAgreementTests
{
    public static TheoryData<string> Files => ["cct_2_3x2_32", "cct_2_3x2_32_sine", "cvt_2_4_32", "vit_2_4_32"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Weights_of_the_reference_repository_give_its_logits(string file)
    {
        using var scope = NewDisposeScope();
        using var golden = Safetensors.Load(Path.Combine(AppContext.BaseDirectory, "golden", $"{file}.safetensors"));
        using var model = new CompactTransformer(OptionsOf(file));
        ModuleWeights.Load(model, golden, "model.");
        model.eval();

        var logits = model.call(golden["input"]);

        Near.Equal(golden["output"], logits, 1e-4);
    }

    [Fact]
    public void A_plain_pre_norm_block_has_as_many_parameters_but_gives_other_logits()
    {
        using var scope = NewDisposeScope();
        using var golden = Safetensors.Load(Path.Combine(AppContext.BaseDirectory, "golden", "cct_2_3x2_32.safetensors"));
        using var hybrid = new CompactTransformer(CctOptions.Cct2_3x2);
        using var pre = new CompactTransformer(CctOptions.Cct2_3x2 with { Norm = BlockNorm.Pre });
        ModuleWeights.Load(hybrid, golden, "model.");
        foreach (var (ours, theirs) in pre.parameters().Zip(hybrid.parameters())) // same order, other names
        {
            using var noGrad = no_grad();
            ours.copy_(theirs);
        }
        pre.eval();

        Assert.Equal(hybrid.parameters().Sum(p => p.numel()), pre.parameters().Sum(p => p.numel()));
        Assert.True(Near.RelativeError(golden["output"], pre.call(golden["input"])) > 0.01);
    }

    private static CctOptions OptionsOf(string file) => file switch
    {
        "cct_2_3x2_32" => CctOptions.Cct2_3x2,
        "cct_2_3x2_32_sine" => CctOptions.Cct2_3x2 with { Position = PositionKind.Sine },
        "cvt_2_4_32" => CctOptions.Cvt2_4,
        "vit_2_4_32" => CctOptions.ViTLite2_4,
        _ => throw new ArgumentException(file),
    };
}
