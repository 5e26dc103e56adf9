using Lab.Metrics;
using Lab.Papers.CompactTransformers;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

public sealed class ModelSummaryTests
{
    [Fact]
    public void Rows_add_up_to_the_model()
    {
        using var scope = NewDisposeScope();
        using var model = new CompactTransformer(CctOptions.Cct2_3x2);
        var image = zeros(1, 3, 32, 32);

        var summary = ModelSummary.Of(model, image);

        Assert.Equal("CompactTransformer", summary.Model);
        Assert.Equal(283_723, summary.Parameters);
        Assert.Equal(summary.Parameters, summary.Layers.Sum(l => l.Parameters));
        Assert.Equal(MacCounter.Count(model, image), summary.Macs);
        Assert.Equal(35_341_568, summary.Layers.Sum(l => l.Macs.Total));
        Assert.True(model.training);
    }

    [Fact]
    public void A_row_says_name_type_shape_parameters_and_macs()
    {
        using var scope = NewDisposeScope();
        using var model = new CompactTransformer(CctOptions.Cct2_3x2);
        var row = Assert.Single(ModelSummary.Of(model, zeros(1, 3, 32, 32)).Layers, l => l.Name == "tokenizer.conv_layers.1.0");
        Assert.Equal("Conv2d", row.Type);
        Assert.Equal([1, 128, 16, 16], row.OutputShape);
        Assert.Equal(64 * 128 * 9, row.Parameters);
        Assert.Equal(new MacCount(16 * 16 * 64 * 128 * 9, 0), row.Macs);
    }
}
