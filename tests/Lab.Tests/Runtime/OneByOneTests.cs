using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Runtime;

public class OneByOneTests
{
    [Fact]
    public void Results_come_in_order_on_one_thread_and_the_number_of_threads_comes_back_even_after_an_error()
    {
        var before = get_num_threads();
        set_num_threads(2);
        try
        {
            Assert.Equal([(3, 1), (1, 1), (2, 1)], OneByOne.Map([3, 1, 2], item => (item, get_num_threads()), default));
            Assert.Equal(2, get_num_threads());
            Assert.Throws<InvalidDataException>(() => OneByOne.Map<int, int>([1], _ => throw new InvalidDataException(), default));
            Assert.Equal(2, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }

    [Fact]
    public void A_stop_stops_before_the_next_item()
    {
        using var source = new CancellationTokenSource();
        var done = new List<int>();
        Assert.Throws<OperationCanceledException>(() => OneByOne.Map([1, 2, 3], item =>
        {
            done.Add(item);
            source.Cancel();
            return item;
        }, source.Token));
        Assert.Equal([1], done);
    }
}
