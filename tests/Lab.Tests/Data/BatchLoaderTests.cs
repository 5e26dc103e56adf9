using CsCheck;
using Lab.Data;
using Lab.Data.Augmentation;
using Lab.Runtime;
using static TorchSharp.torch;

namespace Lab.Tests.Data;

public class BatchLoaderTests
{
    private static readonly IReadOnlyList<IAugmentation> all =
        [new RandomCrop(4), new HorizontalFlip(), new RandomChoice(new Cutmix(6), new Mixup(6))];

    [Fact]
    public void Batch_i_depends_on_the_seed_and_i_alone()
    {
        using var data = Shapes.Classification32.Classification(100, 1);
        Gen.Select(Gen.Long, Gen.Int[0, 30], Gen.Int[0, 5]).Sample((seed, step, ahead) =>
        {
            var loader = new BatchLoader(data, new BatchOptions(16, seed) { Augmentations = all, Prefetch = 3 });
            using var jumped = loader.From(step + ahead).First();
            var walked = loader.From(step).Take(ahead + 1).ToList();
            Assert.True(jumped.Images.equal(walked[^1].Images).all().item<bool>());
            Assert.True(jumped.Labels.equal(walked[^1].Labels).all().item<bool>());
            walked.ForEach(batch => batch.Dispose());
        }, iter: 20, threads: 1);
    }

    [Fact]
    public void Torchs_global_generator_neither_steers_the_batches_nor_moves()
    {
        using var data = Shapes.Classification32.Classification(100, 1);
        var loader = new BatchLoader(data, new BatchOptions(16, 3) { Augmentations = all, Prefetch = 0 });
        random.manual_seed(1);
        using var untouched = rand(1);
        random.manual_seed(1);
        using var one = loader.From(4).First();
        using var after = rand(1);
        random.manual_seed(2);
        using var two = loader.From(4).First();

        Assert.Equal(untouched.item<float>(), after.item<float>());
        Assert.True(one.Images.equal(two.Images).all().item<bool>());
    }

    [Fact]
    public void An_epoch_shows_every_picture_at_most_once_and_the_next_in_another_order()
    {
        using var data = Numbered(50);
        var loader = new BatchLoader(data, new BatchOptions(8, 11));
        Assert.Equal(6, loader.BatchesPerEpoch);

        var seen = loader.From(0).Take(12).Select(batch => { using (batch) return batch.Labels.data<long>().ToArray(); }).ToList();
        var (first, second) = (seen.Take(6).SelectMany(x => x).ToArray(), seen.Skip(6).SelectMany(x => x).ToArray());
        Assert.Equal(48, first.Distinct().Count());
        Assert.Equal(48, second.Distinct().Count());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Equal_seeds_show_two_models_the_same_batches_and_another_seed_shows_others()
    {
        using var data = Numbered(50);
        Assert.Equal(Labels(7), Labels(7));
        Assert.NotEqual(Labels(7), Labels(8));

        long[] Labels(long seed) => [.. new BatchLoader(data, new BatchOptions(10, seed)).From(0).Take(5)
            .SelectMany(batch => { using (batch) return batch.Labels.data<long>().ToArray(); })];
    }

    [Fact]
    public void Pixels_are_normalized_after_augmentation()
    {
        using var data = new LabeledImages(full([4, 3, 8, 8], 255, ScalarType.Byte), zeros(4, ScalarType.Int64), ["white"], "white");
        var loader = new BatchLoader(data, new BatchOptions(4, 0) { Normalization = Normalization.Cifar10 });
        using var batch = loader.From(0).First();
        Assert.Equal((1 - 0.4914f) / 0.2470f, batch.Images[0, 0, 0, 0].item<float>(), 5);
        Assert.Equal((1 - 0.4465f) / 0.2616f, batch.Images[3, 2, 7, 7].item<float>(), 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void No_tensor_is_left_behind(int ahead)
    {
        using var data = Shapes.Classification32.Classification(100, 1);
        var loader = new BatchLoader(data, new BatchOptions(16, 3) { Augmentations = all, Prefetch = ahead });
        foreach (var batch in loader.From(0).Take(5)) batch.Dispose();
        var before = LiveTensors.Settled();
        foreach (var batch in loader.From(0).Take(200)) batch.Dispose();
        Assert.Equal(before, RuntimeReport.LiveTensorCount);
    }

    [Fact]
    public void An_exception_of_the_background_thread_reaches_the_consumer()
    {
        using var data = Numbered(50);
        var loader = new BatchLoader(data, new BatchOptions(8, 1) { Augmentations = [new FailsAtThird()], Prefetch = 2 });
        var drawn = 0;
        var thrown = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (var batch in loader.From(0))
            {
                batch.Dispose();
                drawn++;
            }
        });
        Assert.Equal("third batch", thrown.Message);
        Assert.Equal(2, drawn);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        using var data = Numbered(50);
        Assert.Throws<ArgumentException>(() => new BatchLoader(data, new BatchOptions(0, 1)));
        Assert.Throws<ArgumentException>(() => new BatchLoader(data, new BatchOptions(51, 1)));
        Assert.Throws<ArgumentException>(() => new BatchLoader(data, new BatchOptions(8, 1) { Prefetch = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchLoader(data, new BatchOptions(8, 1)).From(-1));
    }

    // Every picture has its own number as label.
    private static LabeledImages Numbered(int count) => new(
        zeros([count, 3, 4, 4], ScalarType.Byte), arange(count, ScalarType.Int64), [.. Enumerable.Range(0, count).Select(i => $"{i}")], "numbers");

    private sealed class FailsAtThird : IAugmentation
    {
        private int batches;

        public ImageBatch Apply(ImageBatch batch, Generator random) =>
            ++batches < 3 ? batch : throw new InvalidDataException("third batch");
    }
}
