using System.CommandLine;
using Lab.Kernel.Notebooks;
using Lab.Kernel.Running;
using Lab.Runs;
using Spectre.Console;

namespace Lab.Cli.Sweeping;

/// <summary><c>lab sweep</c>: notebooks with every combination of parameters and seeds, on this machine or by Slurm.</summary>
internal static class SweepCommand
{
    private static readonly Argument<string[]> notebooks = new("notebook") { Description = "Notebooks, or folders: all notebooks below them.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string[]> parameters = new("-p", "--parameter") { Description = "Values of a parameter: name=value,value. Can be repeated.", HelpName = "name=values" };
    private static readonly Option<string> profile = new Option<string>("--profile") { Description = "Short for -p profile=quick or -p profile=full." }.AcceptOnlyFromAmong("quick", "full");
    private static readonly Option<int?> seeds = new("--seeds") { Description = "Short for -p seed=0,1,...: so many." };
    private static readonly Option<string> folder = new("--out") { Description = "Folder of the sweep; one that is there already goes on where it stood.", DefaultValueFactory = _ => "out/sweep" };
    private static readonly Option<string> engine = new Option<string>("--on") { Description = "local, or slurm: job arrays through sbatch.", DefaultValueFactory = _ => "local" }.AcceptOnlyFromAmong("local", "slurm");
    private static readonly Option<int?> jobs = new("--jobs", "-j") { Description = "Runs at a time (local: 1, slurm: as many as there is room for)." };
    private static readonly Option<int?> threads = new("--threads") { Description = "Cores for each run (local: an equal share, slurm: 1)." };
    private static readonly Option<int> gpus = new("--gpus") { Description = "Slurm: GPUs for each run." };
    private static readonly Option<string[]> sbatch = new("--sbatch") { Description = "Slurm: an option for sbatch, e.g. --sbatch=--partition=gpu. Can be repeated.", HelpName = "option" };

    public static Command Create(TextWriter output, TextWriter error)
    {
        var command = new Command("sweep", "Run notebooks with every combination of parameters and seeds; started again, it goes on where it stood.")
        {
            notebooks, parameters, profile, seeds, folder, engine, jobs, threads, gpus, sbatch, LimitOptions.Timeout, LimitOptions.CellTimeout, LimitOptions.Memory,
        };
        command.SetAction((line, _) => RunAsync(line, output, error));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult line, TextWriter output, TextWriter error)
    {
        var place = new SweepFolder(line.GetRequiredValue(folder));
        var grid = ParameterGrid.Parse(line.GetValue(parameters) ?? [], line.GetValue(profile), line.GetValue(seeds));
        var engine = Engine(line, place);
        Sweep sweep;
        try
        {
            var paths = line.GetRequiredValue(notebooks).SelectMany(path => NotebookFile.Find(path, place.Path)).Select(file => Path.GetFullPath(file.Path)).Distinct().ToList();
            sweep = SweepPlan.Make(paths, grid, place.Path);
        }
        catch (Exception e) when (e is NotebookFormatException or ParameterException)
        {
            error.WriteLine($"Nothing was run: {e.Message}");
            return (int)RunStatus.BadNotebook;
        }

        if (OutputFolders.Problem(place.Path) is { } problem)
        {
            error.WriteLine($"Nothing was run: the results cannot be written to {place.Path}: {problem}");
            return ExitCode.NotWritten;
        }

        using var mine = place.TryLock();
        if (mine is not null) return await new SweepBatch(place, sweep, engine, output, error).RunAsync();
        error.WriteLine($"Nothing was run: another sweep is at work in {place.Path}. Wait for it, or name another folder with --out.");
        return ExitCode.NotWritten;
    }

    private static ISweepEngine Engine(ParseResult line, SweepFolder place)
    {
        var (limits, slurm) = (LimitOptions.Read(line), line.GetValue(engine) == "slurm");
        var (count, cores) = (Positive("--jobs", line.GetValue(jobs)), Positive("--threads", line.GetValue(threads)));
        if (slurm)
            return new SlurmEngine(place, limits, new SlurmRequest(count, cores ?? 1, line.GetValue(gpus), line.GetValue(sbatch) ?? []));
        if (line.GetValue(gpus) != 0 || line.GetValue(sbatch) is { Length: > 0 }) throw new UsageException("--gpus and --sbatch are for --on slurm.");
        return new LocalEngine(place, limits, count ?? 1, cores ?? Math.Max(1, Environment.ProcessorCount / (count ?? 1)));
    }

    private static int? Positive(string option, int? value) => value is null or > 0 ? value : throw new UsageException($"{option} expects a number above 0, got {value}.");
}
