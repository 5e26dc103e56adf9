using System.Globalization;
using Lab.Benchmarks;
using Lab.Runtime;

switch (args)
{
    case ["training-step", var model, var steps, var threads, .. var device]:
        TrainingStep.Run(model, int.Parse(steps, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture), DeviceOf(device));
        return 0;
    case ["tokenizing", .. var rest]:
        Tokenizing.Run(rest);
        return 0;
    case ["assigning", var threads, .. var device]:
        Assigning.Run(int.Parse(threads, CultureInfo.InvariantCulture), DeviceOf(device));
        return 0;
    case ["reducing", var threads, .. var device]:
        Reducing.Run(int.Parse(threads, CultureInfo.InvariantCulture), DeviceOf(device));
        return 0;
    case ["many-cells", var count]:
        await ManyCells.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
        return 0;
    default:
        Console.Error.WriteLine("usage: Benchmarks training-step <2/3x2|7/3x1> <steps> <threads> [device] | tokenizing <mode> ... (see tokenizing.sh) | assigning <threads> [device] | reducing <threads> [device] | many-cells <count>");
        return 64;
}

static TorchSharp.torch.Device DeviceOf(string[] rest) => Devices.Choose(rest is [var name] ? name : "cpu");
