using static TorchSharp.torch;

namespace Lab.Tests;

/// <summary>Builds models of any size without memory: tensors of the meta device have shapes and no values.</summary>
internal static class MetaDevice
{
    public static T Build<T>(Func<T> make) where T : nn.Module
    {
        var before = get_default_device();
        set_default_device(new Device("meta"));
        try
        {
            return make();
        }
        finally
        {
            set_default_device(before);
        }
    }

    /// <summary>Numbers in all weights.</summary>
    public static long Parameters(Func<nn.Module> make)
    {
        using var scope = NewDisposeScope();
        using var module = Build(make);
        return module.parameters().Sum(parameter => parameter.numel());
    }
}
