using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Models;
using Lab.VisionLanguage.Pruning;
using Lab.VisionLanguage.Recipes;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.VisionLanguage;

/// <summary>A small model with its first weights and a few questions, for tests of pruning.</summary>
public abstract class UntrainedVlm : IDisposable
{
    /// <summary>A few steps of training, and a gate that lets anything pass.</summary>
    public static VlmRecipe Hardly { get; } = VlmRecipe.SQuick with { Vision = new(3, 4), Language = new(3, 4), WarmupSteps = 1, Gate = 0 };

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly TinyVlm model;

    protected UntrainedVlm()
    {
        using (manual_seed(3)) model = new TinyVlm(TinyVlmOptions.S);
        model.eval();
        Harness = PruneHarness.Of(model, QaSet.Easy, 24);
    }

    protected PruneHarness Harness { get; }

    public void Dispose()
    {
        Harness.Dispose();
        model.Dispose();
        scope.Dispose();
        GC.SuppressFinalize(this);
    }
}
