using CsCheck;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Training;

public sealed class FlatAdamWTests
{
    [Fact]
    public void It_steps_as_torch_does_for_any_hyperparameters() =>
        Gen.Select(Gen.Double[1e-4, 1e-2], Gen.Double[0, 0.99], Gen.Double[0.5, 0.9999], Gen.Double[0, 0.3], Gen.Enum<DecayScope>())
            .Sample(
                (rate, beta1, beta2, decay, scope) => AssertSteps(rate, new AdamWOptions { Beta1 = beta1, Beta2 = beta2, WeightDecay = decay, Decay = scope }),
                iter: 20, threads: 1);

    private static void AssertSteps(double rate, AdamWOptions options)
    {
        using var scope = NewDisposeScope();
        using var model = Toy.Model();
        using var reference = Toy.Model();
        using var flat = new FlatParameters(model);
        using var ours = new FlatAdamW(flat, options);
        var (matrices, vectors) = (reference.parameters().Where(p => p.dim() >= 2), reference.parameters().Where(p => p.dim() < 2));
        using var decayed = Torch(options.Decay == DecayScope.All ? reference.parameters() : matrices, options.WeightDecay);
        using var plain = options.Decay == DecayScope.All ? null : Torch(vectors, 0);

        for (var step = 0; step < 10; step++)
        {
            var gradients = flat.Split(flat.Gradients);
            foreach (var (name, parameter) in reference.named_parameters())
            {
                using var gradient = randn(parameter.shape);
                gradients[name].copy_(gradient);
                parameter.grad = gradient;
            }
            ours.Step(step, rate);
            decayed.step();
            plain?.step();
            foreach (var (name, expected) in reference.named_parameters())
            {
                var actual = flat.Split(flat.Values)[name];
                Assert.True((actual - expected).abs().max().item<float>() <= 1e-6, $"{name} after step {step}, {options}");
            }
        }

        optim.Optimizer Torch(IEnumerable<TorchSharp.Modules.Parameter> parameters, double weightDecay) =>
            optim.AdamW(parameters, rate, options.Beta1, options.Beta2, options.Epsilon, weightDecay);
    }

    [Theory]
    [InlineData(1.0, 0.9, 1e-8, 0.01, "Beta1")]
    [InlineData(0.9, double.NaN, 1e-8, 0.01, "Beta2")]
    [InlineData(0.9, 0.9, 0, 0.01, "Epsilon")]
    [InlineData(0.9, 0.9, 1e-8, -1, "WeightDecay")]
    public void A_hyperparameter_outside_its_range_is_named(double beta1, double beta2, double epsilon, double decay, string name)
    {
        using var model = Toy.Model();
        using var flat = new FlatParameters(model);
        var options = new AdamWOptions { Beta1 = beta1, Beta2 = beta2, Epsilon = epsilon, WeightDecay = decay };
        Assert.Contains(name, Assert.Throws<ArgumentException>(() => new FlatAdamW(flat, options)).Message);
    }
}
