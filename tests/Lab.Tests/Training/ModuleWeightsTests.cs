using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Lab.Tests.Training;

public sealed class ModuleWeightsTests : IDisposable
{
    private readonly string path = Path.GetTempFileName();
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly Module<Tensor, Tensor> model = Linear(3, 2); // weight [2, 3], bias [2]

    public void Dispose()
    {
        model.Dispose();
        scope.Dispose();
        File.Delete(path);
    }

    [Fact]
    public void Weights_load_by_name_below_their_prefix_and_other_tensors_are_left_alone()
    {
        Write(("model.weight", arange(6f).reshape(2, 3)), ("model.bias", tensor([7.0, 8.0])), ("input", ones(9)));
        ModuleWeights.Load(model, path, "model.");
        Assert.Equal([0f, 1f, 2f, 3f, 4f, 5f], model.get_parameter("weight")!.data<float>().ToArray());
        Assert.Equal([7f, 8f], model.get_parameter("bias")!.data<float>().ToArray()); // float64 in the file
    }

    [Fact]
    public void Every_misfit_is_listed_at_once_and_the_module_stays_as_it_was()
    {
        var before = model.get_parameter("weight")!.data<float>().ToArray();
        Write(("weight", ones(3, 2)), ("extra.scale", ones(4)));

        var message = Assert.Throws<SafetensorsException>(() => ModuleWeights.Load(model, path)).Message;

        Assert.Contains("missing: bias Float32 [2]", message);
        Assert.Contains("unexpected: extra.scale Float32 [4]", message);
        Assert.Contains("different: weight is Float32 [3, 2] in the file, Float32 [2, 3] in the module", message);
        Assert.Equal(before, model.get_parameter("weight")!.data<float>().ToArray());
    }

    [Fact]
    public void Weights_that_are_not_finite_are_reported_and_not_loaded()
    {
        Write(("weight", ones(2, 3)), ("bias", tensor([float.NaN, float.PositiveInfinity])));
        var message = Assert.Throws<SafetensorsException>(() => ModuleWeights.Load(model, path)).Message;
        Assert.Contains("not finite: bias Float32 [2] has 2 values", message);
        Assert.DoesNotContain("weight Float32", message);
    }

    [Fact]
    public void Integers_are_no_weights()
    {
        Write(("weight", ones(2, 3)), ("bias", ones(2, dtype: int64)));
        Assert.Contains("bias is Int64", Assert.Throws<SafetensorsException>(() => ModuleWeights.Load(model, path)).Message);
    }

    private void Write(params (string Name, Tensor Tensor)[] tensors) => Safetensors.Save(path, tensors.ToDictionary(t => t.Name, t => t.Tensor));
}
