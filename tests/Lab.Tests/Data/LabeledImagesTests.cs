using Lab.Data;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Data;

public class LabeledImagesTests
{
    [Fact]
    public void A_subset_has_equal_classes_as_far_as_they_last()
    {
        // 6 of class 0, 3 of class 1, 1 of class 2
        using var data = WithLabels(0, 0, 0, 0, 0, 0, 1, 1, 1, 2);
        Assert.Equal([1, 1, 1], Counts(3));
        Assert.Equal([3, 3, 1], Counts(7));
        Assert.Equal([6, 3, 1], Counts(10));

        long[] Counts(int count)
        {
            using var subset = data.Take(count, seed: 1);
            using var counts = subset.Labels.bincount(null, 3);
            return counts.data<long>().ToArray();
        }
    }

    [Fact]
    public void A_smaller_subset_begins_a_larger_one_and_labels_stay_with_their_pictures()
    {
        using var data = WithLabels([.. Enumerable.Range(0, 40).Select(i => (long)(i % 4))]);
        using var small = data.Take(10, 5);
        using var large = data.Take(30, 5);
        using var other = data.Take(10, 6);
        var pixels = large.Images[.., 0, 0, 0].data<byte>().ToArray();
        Assert.Equal(small.Images[.., 0, 0, 0].data<byte>().ToArray(), pixels[..10]);
        Assert.NotEqual(other.Images[.., 0, 0, 0].data<byte>().ToArray(), pixels[..10]);
        Assert.Equal(pixels.Select(p => p % 4L), large.Labels.data<long>().ToArray());
        Assert.Equal("10 of test", small.Source);
    }

    [Fact]
    public void In_order_every_picture_comes_once_and_the_last_batch_is_smaller()
    {
        using var data = WithLabels([.. Enumerable.Range(0, 10).Select(i => (long)(i % 4))]);
        var sizes = new List<long>();
        var greys = new List<float>();
        foreach (var batch in data.InOrder(4, new Normalization([0], [1])))
            using (batch)
            {
                sizes.Add(batch.Labels.shape[0]);
                greys.AddRange(batch.Images[.., 0, 0, 0].data<float>().ToArray());
            }

        Assert.Equal([4, 4, 2], sizes);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => i / 255f), greys);
    }

    [Fact]
    public void A_class_per_pixel_travels_in_batches_and_cannot_be_balanced()
    {
        using var data = Shapes.QaEasy.Segmentation(6, 1, SceneAttribute.Colour);
        Assert.Equal([6, 32, 32], data.Labels.shape);
        Assert.Equal("ground", data.ClassNames[0]);
        Assert.Equal(7, data.ClassNames.Count);
        foreach (var batch in data.InOrder(4, new Normalization([0, 0, 0], [1, 1, 1])))
            using (batch)
                Assert.Equal([batch.Images.shape[0], 32, 32], batch.Labels.shape);
        using var drawn = new BatchLoader(data, new(2, 1)).From(0).First();
        Assert.Equal(ScalarType.Int64, drawn.Labels.dtype);
        Assert.Throws<InvalidOperationException>(() => data.Take(3, 1));
        Assert.Throws<ArgumentException>(() => Shapes.QaEasy.Segmentation(6, 1, SceneAttribute.Texture));
    }

    [Fact]
    public void Pixels_have_the_class_of_the_object_that_covers_them()
    {
        using var scope = NewDisposeScope();
        using var batch = Shapes.QaEasy.Generate(6, 1);
        foreach (var attribute in new[] { SceneAttribute.Colour, SceneAttribute.Shape })
        {
            using var data = Shapes.QaEasy.Segmentation(6, 1, attribute);
            for (var i = 0; i < 6; i++)
                foreach (var (number, one) in batch.Scenes[i].Objects.Index())
                {
                    var name = $"{(attribute == SceneAttribute.Shape ? one.Shape : one.Colour)}".ToLowerInvariant();
                    var covered = data.Labels[i][batch.Masks[i] == number + 1];
                    Assert.All(covered.data<byte>().ToArray(), value => Assert.Equal(name, data.ClassNames[value]));
                }
            Assert.Equal(batch.Masks.eq(0).sum().item<long>(), data.Labels.eq(0).sum().item<long>());
        }
    }

    [Fact]
    public void Normalization_of_a_set_gives_it_mean_zero_and_deviation_one_and_can_be_undone()
    {
        using var scope = NewDisposeScope();
        using var data = Shapes.Tokenizer32.Classification(300, 1);
        var normalization = Normalization.Of(data);
        var pixels = data.Images.to(ScalarType.Float32) / 255;
        var normalized = normalization.Apply(pixels);
        Assert.True(normalized.mean([0L, 2, 3]).abs().max().item<float>() < 1e-4);
        Assert.Equal(1, normalized.square().mean().item<float>(), 3);
        Assert.True(normalization.Invert(normalized).allclose(pixels, atol: 1e-6));
        Assert.Throws<ArgumentException>(() => new Normalization([0], [1]).Apply(pixels));
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        var before = LiveTensors.Settled();
        using (var data = Shapes.Classification32.Classification(60, 1))
        using (data.Take(20, 1))
        {
            var normalization = Normalization.Of(data);
            foreach (var batch in data.InOrder(16, normalization)) batch.Dispose();
        }

        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }

    [Fact]
    public void A_set_outlives_the_dispose_scope_it_was_made_in()
    {
        LabeledImages data;
        using (NewDisposeScope()) data = Shapes.Classification32.Classification(6, 1);
        using (data) Assert.Equal(6, data.Labels.data<long>().Count());
    }

    [Fact]
    public void Wrong_types_shapes_and_labels_are_refused()
    {
        using var bytes = zeros([2, 3, 4, 4], ScalarType.Byte);
        using var labels = tensor(new long[] { 0, 1 });
        Assert.Throws<ArgumentException>(() => new LabeledImages(bytes.to(ScalarType.Float32), labels, ["a", "b"], "x"));
        Assert.Throws<ArgumentException>(() => new LabeledImages(bytes, labels[..1], ["a", "b"], "x"));
        Assert.Contains("got 0 .. 1", Assert.Throws<ArgumentException>(() => new LabeledImages(bytes, labels, ["a"], "x")).Message);
        using var data = WithLabels(0, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => data.Take(3, 0));
    }

    // Picture i is grey i.
    private static LabeledImages WithLabels(params long[] labels)
    {
        using var numbers = arange(labels.Length, ScalarType.Byte);
        return new(numbers.view(-1, 1, 1, 1).repeat(1, 1, 2, 2), tensor(labels), ["a", "b", "c", "d"], "test");
    }
}
