using Lab.Tests.Training;

namespace Lab.Tests;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [KilledRun.Argument, var checkpointPath])
        {
            Console.Error.WriteLine("These tests are run by `dotnet test`.");
            return 64;
        }
        KilledRun.ToEnd(checkpointPath);
        return 0;
    }
}
