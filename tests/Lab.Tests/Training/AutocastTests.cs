using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class AutocastTests
{
    [Fact]
    public void Matrix_products_compute_in_bfloat16_inside_and_in_float32_outside()
    {
        using var scope = NewDisposeScope();
        var a = ones(2, 2);
        using (new Autocast(DeviceType.CPU))
        {
            Assert.Equal(ScalarType.BFloat16, a.mm(a).dtype);
            using (new Autocast(DeviceType.CPU)) Assert.Equal(ScalarType.BFloat16, a.mm(a).dtype);
            Assert.Equal(ScalarType.BFloat16, a.mm(a).dtype);
        }
        Assert.Equal(ScalarType.Float32, a.mm(a).dtype);
    }

    [Fact]
    public void A_weight_that_changed_between_two_regions_is_seen_by_the_second()
    {
        using var scope = NewDisposeScope();
        var weight = ones(1, 1).requires_grad_(); // copies of weights are what the cache holds
        float Product()
        {
            using var bfloat16 = new Autocast(DeviceType.CPU);
            return ones(1, 1).mm(weight).to_type(ScalarType.Float32).item<float>();
        }

        Assert.Equal(1, Product());
        using (no_grad()) weight.fill_(3);
        Assert.Equal(3, Product());
    }

    [Fact]
    public void Gradients_of_float32_weights_stay_float32()
    {
        using var scope = NewDisposeScope();
        var weight = ones(2, 2).requires_grad_();
        Tensor loss;
        using (new Autocast(DeviceType.CPU)) loss = ones(1, 2).mm(weight).sum();
        loss.backward();
        Assert.Equal(ScalarType.Float32, weight.grad!.dtype);
        Assert.Equal([1f, 1f, 1f, 1f], weight.grad.data<float>().ToArray());
    }
}
