using CsCheck;
using Lab.Runtime;
using TorchSharp;

namespace Lab.Tests.Runtime;

public class RuntimeTests
{
    [Theory]
    [InlineData("cpu", DeviceType.CPU)]
    [InlineData("auto", DeviceType.CPU)]
    public void Without_cuda_auto_and_cpu_are_the_cpu(string name, DeviceType type)
    {
        if (torch.cuda.is_available() && name == "auto") type = DeviceType.CUDA;
        Assert.Equal(type, Devices.Choose(name).type);
    }

    [Fact]
    public void Asking_for_an_absent_cuda_device_says_what_to_do()
    {
        var error = Assert.Throws<PlatformNotSupportedException>(() => Devices.Choose("cuda:99"));
        Assert.Contains("cuda:99", error.Message);
    }

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void An_unknown_device_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => Devices.Choose(name));

    [Fact]
    public void Derived_seeds_differ_by_seed_and_by_purpose_and_are_not_negative() =>
        Gen.Select(Gen.Long, Gen.Long).Sample((seed, step) =>
            Seed.Derive(seed, step) >= 0 && Seed.Derive(seed, step) != Seed.Derive(seed, step + 1) && Seed.Derive(seed, step) != Seed.Derive(seed + 1, step));

    [Fact]
    public void A_named_seed_is_the_same_in_every_process() => Assert.Equal(5829853713814437608L, Seed.Derive(0, "weights"));

    [Fact]
    public void The_report_counts_a_tensor_until_it_is_disposed()
    {
        var before = LiveTensors.Settled();
        var tensor = torch.zeros(3);
        Assert.Equal(before + 1, RuntimeReport.LiveTensorCount);
        tensor.Dispose();
        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }
}
