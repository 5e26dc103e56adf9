using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Lab.Tests.Training;

public sealed class FlatParametersTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Fact]
    public void The_module_computes_the_same_before_during_and_after()
    {
        using var model = Toy.Model();
        model.eval();
        var input = randn(4, Toy.Inputs);
        var before = model.call(input);
        using (new FlatParameters(model)) Assert.True(before.equal(model.call(input)).all().item<bool>());
        Assert.True(before.equal(model.call(input)).all().item<bool>());
    }

    [Fact]
    public void A_change_of_the_flat_values_is_a_change_of_the_module()
    {
        using var model = Linear(3, 2);
        using var flat = new FlatParameters(model);
        flat.Values.fill_(0.5);
        Assert.Equal([0.5f, 0.5f], model.bias!.data<float>().ToArray());
        Assert.Equal(6 * 0.5f, model.weight!.sum().item<float>());
    }

    [Fact]
    public void Matrices_come_first_and_every_parameter_begins_at_a_multiple_of_64_bytes()
    {
        using var model = Linear(3, 2); // weight 6 -> 16 places, bias 2 -> 16 places
        using var flat = new FlatParameters(model);
        Assert.Equal(32, flat.Values.numel());
        Assert.Equal(16, flat.MatrixLength);
        Assert.Equal(model.bias!.data<float>().ToArray(), flat.Values[16..18].data<float>().ToArray());
    }

    [Fact]
    public void Tables_of_embeddings_are_no_matrices()
    {
        using var model = Sequential(("words", Embedding(4, 4)), ("out", Linear(4, 4)));
        using var flat = new FlatParameters(model);
        Assert.Equal(16, flat.MatrixLength);
        Assert.Equal(model.get_parameter("out.weight")!.data<float>().ToArray(), flat.Values[..16].data<float>().ToArray());
    }

    [Fact]
    public void Backward_passes_add_to_the_flat_gradients_until_they_are_zeroed()
    {
        using var model = Linear(3, 2);
        using var flat = new FlatParameters(model);
        for (var times = 1; times <= 2; times++)
        {
            model.call(ones(1, 3)).sum().backward();
            var gradients = flat.Split(flat.Gradients);
            Assert.Equal(6f * times, gradients["weight"].sum().item<float>());
            Assert.Equal(2f * times, gradients["bias"].sum().item<float>());
        }
        flat.ZeroGradients();
        Assert.Equal(0, model.weight!.grad!.abs().sum().item<float>());
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1000)]
    public void Clipping_scales_as_torch_does(double maxNorm)
    {
        using var model = Toy.Model();
        using var other = Toy.Model();
        using var flat = new FlatParameters(model);
        foreach (var m in new[] { model, other })
        {
            manual_seed(1); // the same dropout
            m.call(ones(4, Toy.Inputs) * arange(4f).view(4, 1)).square().sum().backward();
        }

        flat.ClipGradients(maxNorm);
        nn.utils.clip_grad_norm_(other.parameters(), maxNorm);

        foreach (var (name, parameter) in other.named_parameters())
            Assert.True(allclose(flat.Split(flat.Gradients)[name], parameter.grad!, rtol: 1e-5, atol: 1e-7), name);
    }

    [Fact]
    public void Frozen_parameters_are_left_alone_and_tied_ones_counted_once()
    {
        using var frozen = Linear(3, 2);
        frozen.bias!.requires_grad = false;
        using var flat = new FlatParameters(frozen);
        Assert.Equal(["weight"], flat.Split(flat.Values).Keys);

        using var layer = Linear(4, 4, hasBias: false);
        using var tied = Sequential(("a", layer), ("b", layer));
        using var flatTied = new FlatParameters(tied);
        Assert.Equal(16, flatTied.Values.numel());
    }

    [Fact]
    public void Nothing_to_train_or_mixed_types_are_refused_by_name()
    {
        using var empty = Sequential(("act", ReLU()));
        Assert.Contains("no parameter", Assert.Throws<ArgumentException>(() => new FlatParameters(empty)).Message);

        using var mixed = Sequential(("a", Linear(2, 2)), ("b", Linear(2, 2, dtype: ScalarType.Float64)));
        Assert.Contains("b.weight is Float64", Assert.Throws<ArgumentException>(() => new FlatParameters(mixed)).Message);
    }
}
