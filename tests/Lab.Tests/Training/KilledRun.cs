using Lab.Training;

namespace Lab.Tests.Training;

/// <summary>The run that <see cref="KilledRunTests"/> starts as a process of its own: many weights, so that a checkpoint takes a while to write.</summary>
internal static class KilledRun
{
    public const string Argument = "killed-run";

    public static void ToEnd(string checkpointPath)
    {
        using var model = Toy.Model(hidden: 60_000); // 780 thousand numbers, four times in the file: 12 MB
        Trainer.Run(model, new Toy.Batches(), Toy.Loss(model), Toy.Options(12) with { CheckpointPath = checkpointPath, CheckpointInterval = 1 });
    }
}
