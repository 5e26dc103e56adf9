using CsCheck;
using Lab.Tokens;
using static TorchSharp.torch;

namespace Lab.Tests.Tokens;

public sealed class ReductionTests
{
    private static readonly Gen<(int Tokens, int Keep, int Seed)> sizes =
        from tokens in Gen.Int[1, 24]
        from keep in Gen.Int[1, tokens]
        from seed in Gen.Int[0, 1_000]
        select (tokens, keep, seed);

    public static TheoryData<ITokenReducer> All => [.. Exclusive, .. Soft, new AttentionPruning(), new RandomPruning(1), new AttentionFusing(), new GreedyDiversity(DiversityRule.KCenter), new GreedyDiversity(DiversityRule.MaxSum)];

    private static ITokenReducer[] Exclusive => [new BipartiteMerging(), new SimilarityTransforming { Mode = AssignmentMode.Hard }];

    private static ITokenReducer[] Soft => [
        new SimilarityTransforming(), new SimilarityTransforming { Selection = TargetSelection.Attention, Temperature = 0.5 }, new SimilarityTransforming { Selection = TargetSelection.Mixed },
        new SimilarityTransforming { KeepSelf = false }, new SimilarityTransforming { TopK = 2, Temperature = 1 }];

    [Theory]
    [MemberData(nameof(All))]
    public void Rows_of_the_matrix_sum_to_one_and_applying_it_is_the_reduction(ITokenReducer reducer) => sizes.Sample(size =>
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(size.Tokens, size.Seed);
        var reduction = reducer.Reduce(view, size.Keep);
        var weights = reduction.Weights();
        Assert.Equal([2, size.Keep, size.Tokens], weights.shape);
        Near.Equal(ones(2, size.Keep), weights.sum([2L]), 1e-5);
        Near.Equal(weights.matmul(view.Tokens), reduction.Apply(view.Tokens), 1e-4);
        Assert.Equal(view.Tokens.shape, reduction.Restore(reduction.Apply(view.Tokens)).shape);
        Assert.Equal([2, size.Keep], reduction.Masses.shape);
    }, iter: 20, threads: 1);

    [Fact]
    public void Merging_and_transforming_conserve_masses_and_the_mean_by_mass()
    {
        foreach (var reducer in Exclusive.Concat(Soft))
            sizes.Sample(size =>
            {
                using var scope = NewDisposeScope();
                var view = Views.Random(size.Tokens, size.Seed);
                var reduction = reducer.Reduce(view, size.Keep);
                Near.Equal(view.Masses.sum([1L]), reduction.Masses.sum([1L]), 1e-4);
                Near.Equal(ones(2, size.Tokens), reduction.Assignment().sum([1L]), 1e-5);
                Near.Equal((view.Masses.unsqueeze(-1) * view.Tokens).sum([1L]), (reduction.Masses.unsqueeze(-1) * reduction.Apply(view.Tokens)).sum([1L]), 1e-3);

                var again = new TokenView(reduction.Apply(view.Tokens), reduction.Masses);
                if (reducer is SimilarityTransforming { Selection: not TargetSelection.Uniform }) return; // scores are asked for, and there is no attention here
                Near.Equal(view.Masses.sum([1L]), reducer.Reduce(again, 1).Masses.sum([1L]), 1e-4);
            }, iter: 20, threads: 1);
    }

    [Fact]
    public void Pruning_does_not_conserve_the_mean()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(16, 3);
        var pruned = new AttentionPruning().Reduce(view, 8);
        Assert.True((pruned.Masses.sum([1L]) < view.Masses.sum([1L])).all().item<bool>());
        Assert.Equal(0, pruned.Assignment().sum([1L]).min().item<float>());
    }

    [Fact]
    public void Kinds_are_read_off_the_matrix()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(12, 5);
        Assert.Equal(TransformKind.Identity, Kind(new AttentionPruning(), 12));
        Assert.Equal(TransformKind.Identity, Kind(new SimilarityTransforming { Mode = AssignmentMode.Hard }, 12));
        Assert.Equal(TransformKind.Prune, Kind(new AttentionPruning(), 5));
        Assert.Equal(TransformKind.Prune, Kind(new RandomPruning(2), 5));
        Assert.Equal(TransformKind.Prune, Kind(new GreedyDiversity(DiversityRule.KCenter), 5));
        Assert.Equal(TransformKind.Fuse, Kind(new AttentionFusing(), 5));
        Assert.Equal(TransformKind.Merge, Kind(new BipartiteMerging(), 5));
        Assert.Equal(TransformKind.Merge, Kind(new SimilarityTransforming { Mode = AssignmentMode.Hard }, 5));
        Assert.Equal(TransformKind.ManyToMany, Kind(new SimilarityTransforming { Temperature = 1 }, 5));
        Assert.Equal(TransformKind.PruneAndMerge, TransformMatrix.Classify(tensor(new[,] { { 0.5f, 0.5f, 0, 0 }, { 0, 0, 1, 0 } })));
        Assert.Contains("[1, 2, 2]", Assert.Throws<ArgumentException>(() => TransformMatrix.Classify(eye(2).unsqueeze(0))).Message);

        TransformKind Kind(ITokenReducer reducer, int keep) => TransformMatrix.Classify(reducer.Reduce(view, keep).Weights()[0]);
    }

    [Fact]
    public void A_tiny_temperature_is_hard_merging() => sizes.Sample(size =>
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(size.Tokens, size.Seed);
        var soft = new SimilarityTransforming { Temperature = 1e-6 }.Reduce(view, size.Keep);
        var hard = new SimilarityTransforming { Mode = AssignmentMode.Hard }.Reduce(view, size.Keep);
        Near.Equal(hard.Apply(view.Tokens), soft.Apply(view.Tokens), 1e-3);
        Near.Equal(hard.Masses, soft.Masses, 1e-3);
    }, iter: 30, threads: 1);

    [Fact]
    public void Rows_instead_of_columns_lose_tokens()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(20, 1);
        var rows = new SimilarityTransforming { Mode = AssignmentMode.Row }.Reduce(view, 5);
        Near.Equal(ones(2, 5), rows.Weights().sum([2L]), 1e-5);
        Assert.True(rows.Weights().sum([1L]).min().item<float>() < 0.05, "a token far from all targets should count nearly nothing");
        Near.Equal(view.Masses.sum([1L]), rows.Masses.sum([1L]), 1e-4);
    }

    [Fact]
    public void At_most_k_targets_are_fed()
    {
        using var scope = NewDisposeScope();
        var reduction = new SimilarityTransforming { TopK = 2, Temperature = 1, KeepSelf = false }.Reduce(Views.Random(20, 1), 8);
        Near.Equal(full(2, 20, 2f), (reduction.Assignment() > 0).sum([1L]).to(ScalarType.Float32), 0);
        Near.Equal(ones(2, 20), reduction.Assignment().sum([1L]), 1e-5);
    }

    [Fact]
    public void Targets_are_even_or_the_best_or_half_of_each()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(16, 9);
        var best = view.Scores().topk(6, 1).indexes;
        Assert.Equal([0, 2, 5, 8, 10, 13], new SimilarityTransforming().Targets(view, 6)[0].data<long>().ToArray());
        Near.Equal(best.sort(1).Values, new SimilarityTransforming { Selection = TargetSelection.Attention }.Targets(view, 6), 0);
        var mixed = new SimilarityTransforming { Selection = TargetSelection.Mixed }.Targets(view, 6)[0].data<long>().ToArray();
        Assert.Equal(6, mixed.Distinct().Count());
        Assert.Empty(new long[] { 0, 5, 10 }.Except(mixed));
    }

    [Fact]
    public void Constant_tokens_stay_constant_and_come_back()
    {
        foreach (var reducer in Exclusive.Concat(Soft).Append(new SimilarityTransforming { Mode = AssignmentMode.Row }))
        {
            using var scope = NewDisposeScope();
            var view = Views.Random(16, 4);
            var reduction = reducer.Reduce(view, 5);
            Near.Equal(ones(2, 16, 8), reduction.Restore(reduction.Apply(ones(2, 16, 8))), 1e-5);
        }
    }

    [Fact]
    public void Restoring_a_hard_merge_copies_the_target_to_its_members()
    {
        using var scope = NewDisposeScope();
        var reduction = new SimilarityTransforming { Mode = AssignmentMode.Hard }.Reduce(Views.Random(16, 4), 5);
        var reduced = rand(2, 5, 3);
        var restored = reduction.Restore(reduced);
        var member = reduction.Assignment().argmax(1); // [2, 16]
        for (var token = 0; token < 16; token++) Near.Equal(reduced[0][member[0, token].item<long>()], restored[0][token], 1e-6);
    }

    [Fact]
    public void What_was_pruned_comes_back_as_the_kept_token_most_like_it()
    {
        using var scope = NewDisposeScope();
        var tokens = tensor(new float[,] { { 1, 0 }, { 0.9f, 0.1f }, { 0, 1 }, { 0.1f, 2 } }).unsqueeze(0);
        var selection = new Selection(tensor(new long[] { 0, 2 }).unsqueeze(0), ones(1, 4), tokens);
        Near.Equal(tensor(new float[,] { { 7 }, { 7 }, { 8 }, { 8 } }).unsqueeze(0), selection.Restore(tensor(new float[,] { { 7 }, { 8 } }).unsqueeze(0)), 0);
    }

    [Fact]
    public void Fused_tokens_are_weighted_by_attention()
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(10, 6);
        var scores = view.Scores();
        var reduction = new AttentionFusing().Reduce(view, 4);
        var kept = scores.topk(3, 1).indexes.sort(1).Values;
        Near.Equal(view.Tokens.gather(1, kept.unsqueeze(-1).expand(-1, -1, 8)), reduction.Apply(view.Tokens)[.., ..3], 1e-5);
        var rest = scores.scatter(1, kept, zeros(2, 3));
        Near.Equal((rest.unsqueeze(-1) * view.Tokens).sum([1L]) / rest.sum([1L], keepdim: true), reduction.Apply(view.Tokens)[.., 3], 1e-4);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Zero_and_more_tokens_than_there_are_are_refused(ITokenReducer reducer)
    {
        using var scope = NewDisposeScope();
        var view = Views.Random(6, 1);
        Assert.Contains("between 1 and 6", Assert.Throws<ArgumentOutOfRangeException>(() => reducer.Reduce(view, 0)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => reducer.Reduce(view, 7));
    }

    [Fact]
    public void Impossible_settings_are_refused_by_name()
    {
        Assert.Contains("Hard", Assert.Throws<ArgumentOutOfRangeException>(() => new SimilarityTransforming { Temperature = 0 }).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => new SimilarityTransforming { TopK = 0 });
        using var scope = NewDisposeScope();
        var outside = new TokenView(rand(1, 4, 2), ones(1, 4));
        Assert.Contains("class token", Assert.Throws<InvalidOperationException>(outside.ClassAttention).Message);
        Assert.Throws<InvalidOperationException>(() => new AttentionPruning().Reduce(outside, 2));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_is_left_behind(ITokenReducer reducer)
    {
        using var outer = NewDisposeScope();
        var view = Views.Random(12, 2);
        LiveTensors.NothingStays(() =>
        {
            using var scope = NewDisposeScope();
            var reduction = reducer.Reduce(view, 4);
            reduction.Restore(reduction.Apply(view.Tokens));
        });
    }
}
