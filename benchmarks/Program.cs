using System.Globalization;
using Lab.Benchmarks;

if (args is ["training-step", var model, var steps, var threads])
{
    TrainingStep.Run(model, int.Parse(steps, CultureInfo.InvariantCulture), int.Parse(threads, CultureInfo.InvariantCulture));
    return 0;
}

Console.Error.WriteLine("usage: Benchmarks training-step <2/3x2|7/3x1> <steps> <threads>");
return 64;
