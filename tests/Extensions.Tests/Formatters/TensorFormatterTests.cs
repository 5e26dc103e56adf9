using Lab.Extensions.Formatters;
using Lab.Runtime;
using Microsoft.DotNet.Interactive.Formatting;
using SkiaSharp;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Extensions.Tests.Formatters;

public sealed class TensorFormatterTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void A_tensor_is_shown_as_html_as_text_and_for_programs() =>
        Assert.Equal(["text/html", "text/plain", "application/vnd.lab.tensor+json"], Shown.MimeTypes(zeros(2, 3)));

    [Fact]
    public void Text_names_type_shape_device_statistics_and_first_values() =>
        Assert.Equal(
            """
            Tensor float32 [2, 3] on cpu
            min 0  mean 2.5  max 5  std 1.708
            [0, :] = 0, 1, 2
            """,
            Shown.Text(arange(6, dtype: ScalarType.Float32).reshape(2, 3)));

    [Fact]
    public void Json_holds_type_shape_device_and_those_statistics_that_are_numbers()
    {
        Assert.Equal("""{"dtype":"float32","shape":[2,2],"device":"cpu","min":1,"mean":2.5,"max":4,"std":1.118033988749895,"nan":0,"inf":0,"sampled":4}""", Json(tensor(new float[,] { { 1, 2 }, { 3, 4 } })));
        Assert.Equal("""{"dtype":"float64","shape":[],"device":"cpu","nan":1,"inf":0,"sampled":1}""", Json(tensor(double.NaN)));
        Assert.Equal("""{"dtype":"float32","shape":[0],"device":"cpu"}""", Json(zeros(0)));
        var gone = zeros(1);
        gone.Dispose();
        Assert.Equal("""{"disposed":true}""", Json(gone));

        static string Json(Tensor tensor) => tensor.ToDisplayString("application/vnd.lab.tensor+json");
    }

    [Fact]
    public void Values_that_are_not_finite_are_counted_and_left_out_of_the_statistics() =>
        Assert.Contains("min 1  mean 2  max 3  std 1  NaN 1  Inf 2", Shown.Text(tensor([1f, 3f, float.NaN, float.PositiveInfinity, float.NegativeInfinity])));

    [Fact]
    public void Scalars_integers_booleans_and_empty_tensors_have_their_own_words()
    {
        Assert.Equal("Tensor float64 [] on cpu\nvalue 0.5", Shown.Text(tensor(0.5)));
        Assert.Contains("[:] = 0.3333, 0.6667", Shown.Text(tensor([1 / 3.0, 2 / 3.0])));
        Assert.Contains("[:] = 1, -2", Shown.Text(tensor([1L, -2L])));
        Assert.Contains("[:] = true, false", Shown.Text(tensor([true, false])));
        Assert.Equal("Tensor float32 [0, 4] on cpu\nno values", Shown.Text(zeros(0, 4)));
        Assert.Equal("Tensor complexfloat32 [2] on cpu\n2 values", Shown.Text(zeros(2, dtype: ScalarType.ComplexFloat32)));
    }

    [Fact]
    public void Brain_floats_and_gradients_are_shown_like_others()
    {
        Assert.Contains("Tensor bfloat16 [2] on cpu\nmin 1  mean 1  max 1  std 0", Shown.Text(ones(2, dtype: ScalarType.BFloat16)));
        Assert.Contains("requires grad", Shown.Text(ones(2, requires_grad: true)));
    }

    [Fact]
    public void A_disposed_tensor_says_so()
    {
        var gone = zeros(3);
        gone.Dispose();
        Assert.Equal("Tensor, disposed: its values are gone.", Shown.Text(gone));
        Assert.Contains("disposed", Shown.Html(gone));
    }

    [Fact]
    public void A_matrix_has_a_heat_map_with_one_pixel_per_value()
    {
        using var map = Shown.FirstImage(Shown.Html(tensor(new float[,] { { 0, 1, 0 }, { 1, 0, float.NaN } })));
        Assert.Equal((3, 2), (map.Width, map.Height));
        Assert.Equal(new SKColor(0x44, 0x01, 0x54), map.GetPixel(0, 0));
        Assert.Equal(new SKColor(0xfd, 0xe7, 0x25), map.GetPixel(1, 0));
        Assert.Equal(new SKColor(255, 0, 200), map.GetPixel(2, 1));
    }

    [Fact]
    public void Three_planes_in_the_unit_interval_are_a_picture()
    {
        var red = zeros(3, 8, 8);
        red[0].fill_(1);
        using var picture = Shown.FirstImage(Shown.Html(red));
        Assert.Equal(SKColors.Red, picture.GetPixel(4, 4));
        Assert.Contains("heat map", Shown.Html(red * 2));
    }

    [Fact]
    public void A_long_matrix_is_shrunk_to_256_and_says_so()
    {
        var html = Shown.Html(zeros(2000, 3));
        using var map = Shown.FirstImage(html);
        Assert.Equal((3, 256), (map.Width, map.Height));
        Assert.Contains("shrunk from 2000 x 3", html);
    }

    [Fact]
    public void A_huge_tensor_is_sampled_without_a_copy()
    {
        var huge = ones(1).expand(1 << 20, 1 << 20); // 2^40 values in 4 bytes of memory
        Assert.Contains("(of 16,777,216 of the 1,099,511,627,776 values)", Shown.Text(huge));
        Assert.True(Shown.Html(huge).Length < 20_000);
    }

    [Fact]
    public void A_sample_takes_rows_and_columns_alike()
    {
        var sample = TensorSummary.Thin(zeros(64, 64), 256);
        Assert.Equal([16, 16], sample.shape);
    }

    [Fact]
    public void Showing_leaves_no_tensor_behind()
    {
        var value = rand(3, 64, 64);
        Shown.Html(value);
        var before = Setup.LiveTensorsAfterCollection();
        for (var i = 0; i < 5; i++) Shown.Html(value);
        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }
}
