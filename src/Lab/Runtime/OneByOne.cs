namespace Lab.Runtime;

/// <summary>
/// Many small pieces of work on tensors of a few thousand numbers, which gain nothing from a second thread inside an
/// operation: libtorch keeps to one thread meanwhile.
/// </summary>
/// <remarks>
/// The pieces do not run at the same time. TorchSharp 0.107 does not keep its scalars alive over a native call, as in
/// <c>a + b</c>; a garbage collection that another thread brings about in that moment frees them.
/// </remarks>
internal static class OneByOne
{
    /// <summary>The result of every item, in their order.</summary>
    /// <param name="items">Independent of each other.</param>
    /// <param name="map">Gives an item's result.</param>
    /// <param name="cancellation">Stops before the next item.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<TResult> Map<TItem, TResult>(IReadOnlyList<TItem> items, Func<TItem, TResult> map, CancellationToken cancellation)
    {
        using var one = new OneThread();
        var results = new TResult[items.Count];
        for (var i = 0; i < results.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            results[i] = map(items[i]);
        }
        return results;
    }
}
