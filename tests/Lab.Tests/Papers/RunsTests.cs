using Lab.Papers;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Papers;

/// <summary>What all experiments do with their runs.</summary>
public sealed class RunsTests
{
    [Fact]
    public void Runs_are_made_in_turn_and_none_stays_when_one_throws()
    {
        var made = new List<Run>();
        Assert.Equal([0, 1, 2], Lab.Papers.Runs.All(Enumerable.Range(0, 3).Select(Make)).Select(run => run.Number));
        Assert.DoesNotContain(made, run => run.IsDisposed);

        made.Clear();
        Assert.Throws<OperationCanceledException>(() => Lab.Papers.Runs.All(Enumerable.Range(0, 3).Select(i => i < 2 ? Make(i) : throw new OperationCanceledException())));
        Assert.Equal([true, true], made.Select(run => run.IsDisposed));

        Run Make(int number)
        {
            made.Add(new(number));
            return made[^1];
        }
    }

    [Fact]
    public void One_thread_is_kept_to_for_a_while()
    {
        var before = get_num_threads();
        try
        {
            set_num_threads(2);
            using (new OneThread()) Assert.Equal(1, get_num_threads());
            Assert.Equal(2, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void Profiles_are_two()
    {
        Assert.Equal(1, Profile.Choose("quick", 1, 2));
        Assert.Equal(2, Profile.Choose("full", 1, 2));
        Assert.Contains("'huge' is no profile", Assert.Throws<ArgumentException>(() => Profile.Choose("huge", 1, 2)).Message);
    }

    private sealed class Run(int number) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
