using Microsoft.Data.Sqlite;

namespace Lab.Runs;

/// <summary>
/// Runs that were made, in an SQLite file: one row per run with its record as JSON (SQLite's JSON functions reach into
/// it), and the curves of its trainings beside. Several processes may use it at once.
/// </summary>
/// <param name="path">The file; made with its folder by the first <see cref="Add"/>.</param>
public sealed class RunStore(string path)
{
    private const int SecondsToWait = 30;

    /// <summary>The user's store: <c>LAB_RUNS</c>, or <c>lab/runs.db</c> in the platform's folder for data (<c>~/.local/share</c> on Linux).</summary>
    public static RunStore Default
    {
        get
        {
            var custom = Environment.GetEnvironmentVariable("LAB_RUNS");
            return new RunStore(!string.IsNullOrEmpty(custom)
                ? System.IO.Path.GetFullPath(custom)
                : System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "lab", "runs.db"));
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; } = path;

    /// <summary>Keeps a run; one with its id that is there already is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written: no space, no permission, or not an SQLite file.</exception>
    public void Add(RunRecord run) => Use(SqliteOpenMode.ReadWriteCreate, connection =>
    {
        using var transaction = connection.BeginTransaction();
        Execute(connection, "DELETE FROM curves WHERE run = $id", ("$id", run.Id));
        Execute(connection, "INSERT OR REPLACE INTO runs (id, notebook, status, started, record) VALUES ($id, $notebook, $status, $started, $record)",
            ("$id", run.Id), ("$notebook", run.Notebook), ("$status", run.Status), ("$started", run.Started.UtcDateTime.ToString("O")), ("$record", run.ToJson(withCurves: false).ToJsonString()));
        foreach (var curve in run.Curves)
            Execute(connection, "INSERT INTO curves (run, training, metric, points) VALUES ($id, $training, $metric, $points)",
                ("$id", run.Id), ("$training", curve.Training), ("$metric", curve.Metric), ("$points", CurvesJson.Write([curve]).ToJsonString()));
        transaction.Commit();
        return 0;
    });

    /// <summary>All runs without their curves, the oldest first; none where there is no file yet.</summary>
    /// <exception cref="IOException">The file cannot be read, or is not an SQLite file.</exception>
    public IReadOnlyList<RunRecord> Runs() => Read("SELECT record FROM runs ORDER BY started, id", [], RunRecord.Parse);

    /// <summary>Curves of a run, in the order in which its trainings showed them.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="metric">Null gives those of every metric.</param>
    /// <exception cref="IOException">The file cannot be read, or is not an SQLite file.</exception>
    public IReadOnlyList<Curve> Curves(string run, string? metric = null) =>
        Read("SELECT points FROM curves WHERE run = $run AND ($metric IS NULL OR metric = $metric) ORDER BY rowid", [("$run", run), ("$metric", metric)],
            points => CurvesJson.Read(System.Text.Json.Nodes.JsonNode.Parse(points)!)[0]);

    private List<T> Read<T>(string sql, (string Name, object? Value)[] values, Func<string, T> parse) => !File.Exists(Path) ? [] : Use(SqliteOpenMode.ReadWrite, connection =>
    {
        using var command = Command(connection, sql, values);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read()) rows.Add(parse(reader.GetString(0)));
        return rows;
    });

    private T Use<T>(SqliteOpenMode mode, Func<SqliteConnection, T> action)
    {
        try
        {
            if (mode == SqliteOpenMode.ReadWriteCreate) Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);

            // Without a pool the file is closed when the call ends, and can be moved or deleted.
            using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false, DefaultTimeout = SecondsToWait }.ConnectionString);
            connection.Open();
            if (mode == SqliteOpenMode.ReadWriteCreate) Execute(connection, Schema);
            return action(connection);
        }
        catch (Exception e) when (e is SqliteException or UnauthorizedAccessException)
        {
            throw new IOException($"The run store {Path} cannot be used: {e.Message} LAB_RUNS names another place.", e);
        }
    }

    private static void Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] values)
    {
        using var command = Command(connection, sql, values);
        command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, (string Name, object? Value)[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private const string Schema = """
        CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, notebook TEXT NOT NULL, status TEXT NOT NULL, started TEXT NOT NULL, record TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS curves (run TEXT NOT NULL REFERENCES runs (id), training TEXT NOT NULL, metric TEXT NOT NULL, points TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS curves_of_run ON curves (run);
        """;
}
