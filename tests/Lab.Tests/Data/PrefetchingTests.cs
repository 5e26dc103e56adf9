using Lab.Data;

namespace Lab.Tests.Data;

public class PrefetchingTests
{
    [Fact]
    public void Items_come_in_order()
    {
        var source = new Source(100);
        Assert.Equal(Enumerable.Range(0, 100), source.Items().Prefetch(3).Select(item => item.Number));
    }

    [Fact]
    public void When_the_consumer_stops_the_source_is_closed_and_what_nobody_took_is_disposed()
    {
        var source = new Source(int.MaxValue);
        var taken = source.Items().Prefetch(3).Take(5).ToList();
        Assert.True(source.IsClosed);
        Assert.InRange(source.Made.Count, 5, 5 + 3 + 1); // at most the queue and the one in hand ahead
        Assert.Equal(source.Made.Skip(5), source.Made.Where(item => item.IsDisposed));
        Assert.Equal(source.Made.Take(5), taken);
    }

    [Fact]
    public void A_failing_source_delivers_what_it_made_before()
    {
        var seen = new List<int>();
        var thrown = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (var item in Failing().Prefetch(1)) seen.Add(item.Number);
        });
        Assert.Equal("after two", thrown.Message);
        Assert.Equal([0, 1], seen);

        static IEnumerable<Item> Failing()
        {
            yield return new Item(0);
            yield return new Item(1);
            throw new InvalidDataException("after two");
        }
    }

    private sealed class Source(int count)
    {
        public List<Item> Made { get; } = [];

        public bool IsClosed { get; private set; }

        public IEnumerable<Item> Items()
        {
            try
            {
                for (var i = 0; i < count; i++)
                {
                    Made.Add(new Item(i));
                    yield return Made[^1];
                }
            }
            finally
            {
                IsClosed = true;
            }
        }
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
