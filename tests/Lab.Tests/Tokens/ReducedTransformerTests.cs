using Lab.Metrics;
using Lab.Nn;
using Lab.Papers.CompactTransformers;
using Lab.Papers.T2TViT;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class ReducedTransformerTests
{
    private static readonly VisionTransformerOptions small = new(32, 4, 64, 6, 4, 2) { Classes = 6 };

    public static TheoryData<ITokenReducer> Proportionate => [
        new BipartiteMerging(), new SimilarityTransforming(), new SimilarityTransforming { Mode = AssignmentMode.Hard }, new SimilarityTransforming { Selection = TargetSelection.Attention, Temperature = 0.2 }];

    [Theory]
    [InlineData(1, 32, 9_896_704)]
    [InlineData(2, 32, 11_346_688)]
    [InlineData(2, 16, 9_204_480)]
    [InlineData(2, 64, 16_220_928)]
    public void Fewer_tokens_cost_what_the_specification_counts(int block, int keep, long macs)
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(small);
        using var reduced = new ReducedTransformer(model, new SimilarityTransforming(), new(new ReductionStep(block, keep)));
        Assert.Equal(macs, MacCounter.Count(reduced, zeros(1, 3, 32, 32)).Total - 64 * 6); // the classes are not counted there
        Assert.Equal(64 * keep * (16 + 64), reduced.ReducerMacs);
    }

    [Fact]
    public void Deit_small_reduced_three_times_costs_two_fifths_less()
    {
        var plan = new ReductionPlan(new(3, 126), new(6, 81), new ReductionStep(9, 52));
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(VisionTransformerOptions.DeiTSmall with { Depth = 12 });
        using var reduced = new ReducedTransformer(model, new SimilarityTransforming(), plan);
        Assert.Equal(2_755_873_536, MacCounter.Count(reduced, zeros(1, 3, 224, 224)).Total);
        Assert.Equal(4_598_882_304, MacCounter.Count(model, zeros(1, 3, 224, 224)).Total);
    }

    [Theory]
    [MemberData(nameof(Proportionate))]
    public void Keeping_all_tokens_changes_nothing(ITokenReducer reducer)
    {
        using var scope = NewDisposeScope();
        foreach (var model in Models())
        {
            using var owned = (nn.Module)model;
            var images = randn(2, 3, 32, 32);
            var tokens = model.Grid.Height * model.Grid.Width;
            if (reducer is SimilarityTransforming { Mode: AssignmentMode.Column }) reducer = new SimilarityTransforming { Temperature = 1e-4 };
            using var reduced = new ReducedTransformer(model, reducer, new(new ReductionStep(0, tokens), new ReductionStep(1, tokens)));
            Near.Equal(((nn.Module<Tensor, Tensor>)model).call(images), reduced.call(images), 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Proportionate))]
    public void A_picture_of_equal_tokens_gives_the_same_answer_if_attention_knows_the_masses(ITokenReducer reducer)
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        using var model = Plain();
        using (no_grad()) model.get_parameter("pos_embed")!.zero_(); // or tokens would not be equal
        var images = ones(1, 3, 32, 32);
        var plan = new ReductionPlan(new(1, 20), new ReductionStep(3, 7));
        using var reduced = new ReducedTransformer(model, reducer, plan);
        Near.Equal(model.call(images), reduced.call(images), 1e-4);
        using var unaware = new ReducedTransformer(model, reducer, plan with { Proportional = false });
        Assert.True(Near.RelativeError(model.call(images), unaware.call(images)) > 1e-3);
    }

    [Theory]
    [MemberData(nameof(ReductionTests.All), MemberType = typeof(ReductionTests))]
    public void Every_reduction_works_in_every_model_and_leaves_its_weights_alone(ITokenReducer reducer)
    {
        using var scope = NewDisposeScope();
        foreach (var model in Models())
        {
            using var owned = (nn.Module<Tensor, Tensor>)model;
            var before = owned.state_dict().ToDictionary(weight => weight.Key, weight => weight.Value.clone());
            using var reduced = new ReducedTransformer(model, reducer, new(new ReductionStep(0, 9)));
            var (output, reductions) = reduced.Trace(randn(2, 3, 32, 32));
            Assert.True(output.isfinite().all().item<bool>());
            Assert.Equal([2, 9, model.Grid.Height * model.Grid.Width], Assert.Single(reductions).Weights().shape);
            Assert.All(owned.state_dict(), weight => Assert.True(weight.Value.allclose(before[weight.Key], 0, 0)));
        }
    }

    [Fact]
    public void Tokens_that_are_restored_give_a_class_per_pixel()
    {
        using var scope = NewDisposeScope();
        using var model = new VisionTransformer(small with { Head = VisionHead.Pixels });
        var images = randn(2, 3, 32, 32);
        foreach (var blocks in new[] { 0, 1, 2 })
            foreach (var reducer in new ITokenReducer[] { new SimilarityTransforming(), new BipartiteMerging(), new AttentionPruning() })
            {
                using var reduced = new ReducedTransformer(model, reducer, new(new(1, 20), new ReductionStep(2, 10)) { RestoredBlocks = blocks });
                Assert.Equal([2, 6, 32, 32], reduced.call(images).shape);
            }
        using var lost = new ReducedTransformer(model, new SimilarityTransforming(), new(new ReductionStep(1, 20)));
        Assert.Contains("restore them first", Assert.Throws<ArgumentException>(() => lost.call(images)).Message);
    }

    [Theory]
    [MemberData(nameof(ReductionTests.All), MemberType = typeof(ReductionTests))]
    public void A_class_token_is_never_reduced(ITokenReducer reducer)
    {
        using var scope = NewDisposeScope();
        using var model = Plain();
        var images = randn(1, 3, 32, 32);
        using (no_grad()) // attention and MLP of the block add nothing, so tokens pass it as they are
            foreach (var (_, weight) in model.Blocks[^1].named_parameters()) weight.zero_();
        using var reduced = new ReducedTransformer(model, reducer, new(new ReductionStep(5, 1)));
        Near.Equal(model.call(images), reduced.call(images), 1e-5);
    }

    [Fact]
    public void Plans_that_do_not_suit_the_model_are_refused()
    {
        using var model = Plain();
        Assert.Contains("blocks 0..5", Refused(new(new ReductionStep(6, 10))));
        Assert.Contains("64 reach it", Refused(new(new ReductionStep(0, 65))));
        Assert.Contains("10 reach it", Refused(new(new(0, 10), new ReductionStep(1, 11))));
        Assert.Contains("keep 0", Refused(new(new ReductionStep(0, 0))));
        Assert.Contains("order", Refused(new(new(1, 10), new ReductionStep(1, 5))));
        Assert.Contains("restored", Refused(new(new ReductionStep(4, 10)) { RestoredBlocks = 2 }));
        string Refused(ReductionPlan plan) => Assert.Throws<ArgumentException>(() => new ReducedTransformer(model, new SimilarityTransforming(), plan)).Message;
    }

    [Fact]
    public void Nothing_is_left_behind()
    {
        using var model = Plain();
        using var reduced = new ReducedTransformer(model, new SimilarityTransforming(), new(new ReductionStep(1, 20)));
        using var images = randn(2, 3, 32, 32);
        LiveTensors.NothingStays(() => reduced.call(images).Dispose());
    }

    private static VisionTransformer Plain() => new(small);

    private static IEnumerable<IBlockwiseTransformer> Models()
    {
        yield return Eval(Plain());
        yield return Eval(new CompactTransformer(CctOptions.ViTLite2_4 with { Classes = 6 }));
        yield return Eval(new T2TVisionTransformer(T2TExperiment.Quick.Arms[0].Model with { Classes = 6 }));
        static T Eval<T>(T model) where T : nn.Module
        {
            model.eval();
            return model;
        }
    }
}
