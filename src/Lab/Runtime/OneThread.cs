using static TorchSharp.torch;

namespace Lab.Runtime;

/// <summary>
/// libtorch keeps to one thread inside an operation until this is disposed. Small models gain nothing from a second one, which often costs more than it
/// brings; and their sums no longer depend on how many cores a machine has.
/// </summary>
internal sealed class OneThread : IDisposable
{
    private readonly int before = get_num_threads();

    public OneThread() => set_num_threads(1);

    public void Dispose() => set_num_threads(before);
}
