using static TorchSharp.torch;

namespace Lab.Metrics;

/// <summary>Watches the calls of a module's parts during one forward pass.</summary>
internal static class ModuleCalls
{
    /// <summary>Told of a call when it returns: name of the part, the part, shapes of its first input and of its output.</summary>
    public delegate void Observer(string name, nn.Module module, long[] input, long[] output);

    /// <summary>The module itself, with an empty name, and all its parts.</summary>
    public static IEnumerable<(string Name, nn.Module Part)> Parts(nn.Module module) => module.named_modules().Prepend(("", module));

    /// <summary>Runs the module once in evaluation mode, without gradients, and leaves it as it was.</summary>
    public static void Observe(nn.Module<Tensor, Tensor> module, Tensor input, Observer observer)
    {
        var removals = new List<Action>();
        var training = module.training;
        try
        {
            foreach (var (name, part) in Parts(module)) Hook(name, part);
            module.eval();
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            module.call(input);
        }
        finally
        {
            module.train(training);
            foreach (var remove in removals) remove();
        }

        void Hook(string name, nn.Module part)
        {
            if (part is nn.Module<Tensor, Tensor> one)
                removals.Add(one.register_forward_hook((m, x, y) => { observer(name, m, x.shape, y.shape); return y; }).remove);
            else if (part is nn.Module<Tensor, Tensor?, Tensor> two)
                removals.Add(two.register_forward_hook((m, x, _, y) => { observer(name, m, x.shape, y.shape); return y; }).remove);
        }
    }
}
