using System.Diagnostics;
using System.Globalization;
using Lab.Nn;
using Lab.Papers.CompactTransformers;
using Lab.Runtime;
using Lab.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Benchmarks;

/// <summary>
/// One training step of an official CCT: the peer of training_step.py. Prints one line per timed step: milliseconds of
/// wall time and of processor time.
/// </summary>
internal static class TrainingStep
{
    public static void Run(string model, int steps, int threads, Device device)
    {
        Trace.Assert(NativeTorch.Source.Length > 0);
        set_num_threads(threads);
        using var seeded = manual_seed(0);
        using var net = new CompactTransformer(model switch
        {
            "2/3x2" => CctOptions.Cct2_3x2,
            "7/3x1" => CctOptions.Cct7_3x1,
            _ => throw new ArgumentException($"'{model}' is no model. Known are 2/3x2 and 7/3x1.", nameof(model)),
        }).OnDevice(device);
        using var parameters = new FlatParameters(net);
        using var optimizer = new FlatAdamW(parameters, new() { WeightDecay = 0.03, Decay = DecayScope.All });
        using var images = randn(128, 3, 32, 32, device: device);
        using var labels = randint(10, 128, device: device);

        for (var step = 0; step <= steps; step++)
        {
            var wall = Stopwatch.GetTimestamp();
            var processor = Process.GetCurrentProcess().TotalProcessorTime;
            Step();
            if (step > 0) // the first one warms up
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{Stopwatch.GetElapsedTime(wall).TotalMilliseconds:F1} {(Process.GetCurrentProcess().TotalProcessorTime - processor).TotalMilliseconds:F1}"));

            void Step()
            {
                using var scope = NewDisposeScope();
                parameters.ZeroGradients();
                Losses.CrossEntropy(net.call(images), labels, smoothing: 0.1).backward();
                optimizer.Step(step, 5e-4);
                if (device.type == DeviceType.CUDA) cuda.synchronize();
            }
        }
    }
}
