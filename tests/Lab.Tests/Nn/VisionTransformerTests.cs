using Lab.Nn;
using static TorchSharp.torch;

namespace Lab.Tests.Nn;

public sealed class VisionTransformerTests
{
    public static TheoryData<string, VisionTransformerOptions, long> Presets => new()
    {
        { "Ti", VisionTransformerOptions.DeiTTiny, 5_717_416 },
        { "S", VisionTransformerOptions.DeiTSmall, 22_050_664 },
        { "B", VisionTransformerOptions.DeiTBase, 86_567_656 },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void Presets_have_their_parameters(string name, VisionTransformerOptions options, long parameters)
    {
        Assert.NotEmpty(name);
        using var scope = NewDisposeScope();
        using var model = MetaDevice.Build(() => new VisionTransformer(options));
        Assert.Equal(parameters, model.parameters().Sum(p => p.numel()));
    }

    [Fact]
    public void Weights_have_the_names_of_timm()
    {
        using var model = new VisionTransformer(new(32, 4, 64, 1, 4, 2));
        Assert.Equal(
            ["blocks.0.attn.proj.bias", "blocks.0.attn.proj.weight", "blocks.0.attn.qkv.bias", "blocks.0.attn.qkv.weight", "blocks.0.mlp.fc1.bias", "blocks.0.mlp.fc1.weight",
             "blocks.0.mlp.fc2.bias", "blocks.0.mlp.fc2.weight", "blocks.0.norm1.bias", "blocks.0.norm1.weight", "blocks.0.norm2.bias", "blocks.0.norm2.weight", "cls_token",
             "head.bias", "head.weight", "norm.bias", "norm.weight", "patch_embed.proj.bias", "patch_embed.proj.weight", "pos_embed"],
            model.state_dict().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_token_answers_for_the_pixels_of_its_patch()
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(new(8, 4, 8, 1, 1, 1) { Classes = 2, Head = VisionHead.Pixels });
        var tokens = randn(1, 4, 8);
        var answers = model.Head(tokens);
        var changed = tokens.clone();
        changed[0, 1] += 1 + arange(8); // the patch at the top right
        var difference = (model.Head(changed) - answers).abs().amax([0, 1]);
        Assert.True(difference[..4, 4..].min().item<float>() > 0);
        Assert.Equal(0, difference[.., ..4].max().item<float>());
        Assert.Equal(0, difference[4.., ..].max().item<float>());
    }

    [Fact]
    public void Sizes_that_contradict_each_other_are_refused()
    {
        Assert.Contains("tile", Assert.Throws<ArgumentException>(() => new VisionTransformer(new(30, 4, 8, 1, 1, 1))).Message);
        Assert.Throws<ArgumentException>(() => new VisionTransformer(new(8, 4, 8, 0, 1, 1)));
        Assert.Throws<ArgumentException>(() => new VisionTransformer(new(8, 4, 8, 1, 3, 1)));
    }
}
