using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Training;

/// <summary>What a run reported, in a folder: <c>log.jsonl</c>, one JSON object per report, and the same for TensorBoard.</summary>
internal sealed class RunLog : IDisposable
{
    private static readonly JsonSerializerOptions json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectRequiredConstructorParameters = true,
    };

    private readonly List<Line> past;
    private readonly StreamWriter lines;
    private readonly TensorBoardWriter events;

    /// <summary>
    /// Goes on after <paramref name="step"/>: reports of later steps, which a killed run wrote after its last checkpoint, and a
    /// half-written last line are taken out.
    /// </summary>
    /// <exception cref="InvalidDataException">A line before the last is not a report.</exception>
    public RunLog(string folder, long step)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, "log.jsonl");
        past = step > 0 && File.Exists(path) ? Read(path).Where(line => line.Step <= step).ToList() : [];

        var temporary = path + ".tmp";
        File.WriteAllLines(temporary, past.Select(line => JsonSerializer.Serialize(line, json)));
        File.Move(temporary, path, overwrite: true);
        lines = new StreamWriter(path, append: true) { AutoFlush = true };
        events = new TensorBoardWriter(folder, step + 1, DateTimeOffset.UtcNow);
    }

    /// <summary>Reports of the steps before this start.</summary>
    public IEnumerable<TrainingProgress> PastProgress => past.Select(line => line.ToProgress());

    public void Write(TrainingProgress progress)
    {
        var line = Line.From(progress, DateTimeOffset.UtcNow);
        lines.WriteLine(JsonSerializer.Serialize(line, json));
        events.Scalars(line.Step, line.Time,
        [
            ("loss", line.Loss), ("learning_rate", line.LearningRate), ("samples_per_second", line.SamplesPerSecond),
            .. line.Metrics.Select(metric => (metric.Key, metric.Value)),
        ]);
    }

    public void Dispose()
    {
        lines.Dispose();
        events.Dispose();
    }

    private static List<Line> Read(string path)
    {
        var text = File.ReadAllText(path);
        var whole = text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            return [.. whole.Select(line => JsonSerializer.Deserialize<Line>(line, json)!)];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is not the log of a training run: {e.Message} Move it away, or choose another {nameof(TrainingOptions.LogFolder)}.", e);
        }
    }

    private sealed record Line(
        string Run, long Step, long TotalSteps, double Loss, double LearningRate, double SamplesPerSecond, double Seconds,
        DateTimeOffset Time, IReadOnlyDictionary<string, double> Metrics)
    {
        public static Line From(TrainingProgress p, DateTimeOffset time) =>
            new(p.Run, p.Step, p.TotalSteps, p.Loss, p.LearningRate, p.SamplesPerSecond, p.Elapsed.TotalSeconds, time, p.Metrics);

        public TrainingProgress ToProgress() =>
            new(Run, Step, TotalSteps, Loss, LearningRate, SamplesPerSecond, TimeSpan.FromSeconds(Seconds), Metrics);
    }
}
