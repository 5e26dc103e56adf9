using static TorchSharp.torch;

namespace Lab.Nn;

/// <summary>Lets a module's weights carry the names that a reference repository gives them, whatever our own nesting is.</summary>
internal static class ReferenceNames
{
    /// <summary>
    /// Registers a child under a dotted path such as <c>mlp.fc1</c>; the groups on the way are made as needed.
    /// A module that uses this overrides <c>RegisterComponents</c> to do nothing: TorchSharp would register its fields a second time.
    /// </summary>
    public static void Register(this nn.Module parent, string path, nn.Module child)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            var group = parent.named_children().FirstOrDefault(c => c.name == name).module;
            if (group is null) parent.register_module(name, group = new Group(name));
            parent = group;
        }
        parent.register_module(names[^1], child);
    }

    private sealed class Group(string name) : nn.Module(name);
}
