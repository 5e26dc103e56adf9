using CsCheck;
using Lab.Data;
using Lab.Data.Augmentation;
using static TorchSharp.torch;

namespace Lab.Tests.Data;

public class AugmentationTests
{
    private static readonly Gen<(int B, int H, int W, ulong Seed)> batches = Gen.Select(Gen.Int[1, 9], Gen.Int[2, 12], Gen.Int[2, 12], Gen.ULong);

    [Fact]
    public void Flipping_twice_is_the_identity() => ForAll((batch, random) =>
    {
        var always = new HorizontalFlip(1);
        var once = always.Apply(batch, random).Images;
        AssertEqual(batch.Images.flip(3), once);
        AssertEqual(batch.Images, always.Apply(batch with { Images = once }, random).Images);
        AssertEqual(batch.Images, new HorizontalFlip(0).Apply(batch, random).Images);
    });

    [Fact]
    public void Half_of_the_pictures_are_flipped()
    {
        using var scope = NewDisposeScope();
        var ramp = arange(4f).view(1, 1, 1, 4).expand(4000, 1, 1, 4);
        var flipped = new HorizontalFlip().Apply(new(ramp, zeros(4000, ScalarType.Int64)), new Generator(1)).Images;
        Assert.InRange(flipped[.., 0, 0, 0].eq(3).sum().item<long>(), 1850, 2150);
    }

    [Fact]
    public void A_crop_without_padding_is_the_identity() =>
        ForAll((batch, random) => AssertEqual(batch.Images, new RandomCrop(0).Apply(batch, random).Images));

    [Fact]
    public void A_crop_moves_each_picture_by_at_most_the_padding_and_fills_with_black() => ForAll((batch, random) =>
    {
        const int padding = 2;
        var cropped = new RandomCrop(padding).Apply(batch, random).Images;
        var padded = nn.functional.pad(batch.Images, [padding, padding, padding, padding]);
        var (height, width) = ((int)batch.Images.shape[2], (int)batch.Images.shape[3]);
        for (var i = 0; i < (int)batch.Images.shape[0]; i++)
        {
            var places = from dy in Enumerable.Range(0, 2 * padding + 1)
                         from dx in Enumerable.Range(0, 2 * padding + 1)
                         select padded[i, .., dy..(dy + height), dx..(dx + width)];
            Assert.Contains(places, place => place.equal(cropped[i]).all().item<bool>());
        }
    });

    [Fact]
    public void A_crop_reaches_every_place()
    {
        using var scope = NewDisposeScope();
        var dot = zeros(2000, 1, 5, 5);
        dot[.., 0, 2, 2] = 1;
        var cropped = new RandomCrop(2).Apply(new(dot, zeros(2000, ScalarType.Int64)), new Generator(1)).Images;
        Assert.True((cropped.sum([0L, 1]) > 40).all().item<bool>()); // 25 places, 80 each on average
        Assert.Equal(2000, cropped.sum().item<float>());
    }

    [Fact]
    public void Mixed_labels_sum_to_one() => ForAll((batch, random) =>
    {
        foreach (var augmentation in new IAugmentation[] { new Mixup(5), new Cutmix(5), new RandomChoice(new Mixup(5), new Cutmix(5)) })
        {
            var labels = augmentation.Apply(batch, random).Labels;
            Assert.Equal([batch.Images.shape[0], 5], labels.shape);
            Assert.True(labels.sum(1).allclose(ones(batch.Images.shape[0])));
            Assert.True((labels >= 0).all().item<bool>());
        }
    });

    [Fact]
    public void Mixup_weighs_pictures_as_it_weighs_labels() => ForAll((batch, random) =>
    {
        // One constant picture per class, its grey the class number: the mean label is the grey.
        var grey = batch.Labels.to(ScalarType.Float32).view(-1, 1, 1, 1) * ones_like(batch.Images);
        var mixed = new Mixup(5).Apply(new(grey, batch.Labels), random);
        AssertClose((mixed.Labels * arange(5f)).sum(1), mixed.Images.mean([1L, 2, 3]));
    });

    [Fact]
    public void Cutmix_weighs_labels_by_the_pixels_replaced() => ForAll((batch, random) =>
    {
        var grey = batch.Labels.to(ScalarType.Float32).view(-1, 1, 1, 1) * ones_like(batch.Images);
        var mixed = new Cutmix(5).Apply(new(grey, batch.Labels), random);
        AssertClose((mixed.Labels * arange(5f)).sum(1), mixed.Images.mean([1L, 2, 3]));
        Assert.True(mixed.Images.eq(mixed.Images.round()).all().item<bool>()); // whole pixels, nothing blended
    });

    [Fact]
    public void Cutmix_leaves_half_of_the_label_on_average()
    {
        using var scope = NewDisposeScope();
        using var random = new Generator(1);
        var batch = new ImageBatch(zeros(2, 1, 32, 32), tensor(new long[] { 0, 1 }));
        var kept = Enumerable.Range(0, 2000).Select(_ => new Cutmix(2).Apply(batch, random).Labels[0, 0].item<float>()).Where(w => w < 1).ToArray();
        Assert.InRange(kept.Average(), 0.5, 0.72); // 1/2 before rectangles are clipped at the border
    }

    [Fact]
    public void Already_soft_labels_are_mixed_on() => ForAll((batch, random) =>
    {
        var mixed = new Cutmix(5).Apply(new Mixup(5).Apply(batch, random), random);
        Assert.True(mixed.Labels.sum(1).allclose(ones(batch.Images.shape[0])));
    });

    [Fact]
    public void Equal_seeds_change_a_batch_equally() => ForAll((batch, _) =>
    {
        foreach (var augmentation in new IAugmentation[] { new RandomCrop(3), new HorizontalFlip(), new Mixup(5), new Cutmix(5), new RandomChoice(new Mixup(5), new Cutmix(5)) })
            AssertEqual(augmentation.Apply(batch, new Generator(9)).Images, augmentation.Apply(batch, new Generator(9)).Images);
    });

    [Fact]
    public void Impossible_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new HorizontalFlip(1.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomCrop(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Mixup(10, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Cutmix(10, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RandomChoice(new Mixup(2), new Cutmix(2), -0.1));

        using var scope = NewDisposeScope();
        var batch = new ImageBatch(zeros(2, 1, 4, 4), tensor(new long[] { 0, 7 }));
        Assert.Contains("there are 5 classes", Assert.Throws<ArgumentException>(() => new Mixup(5).Apply(batch, new Generator(1))).Message);
        Assert.Throws<ArgumentException>(() => new Mixup(5).Apply(batch with { Labels = zeros(2, 3) }, new Generator(1)));
    }

    private static void ForAll(Action<ImageBatch, Generator> property) => batches.Sample(b =>
    {
        using var scope = NewDisposeScope();
        var random = new Generator(b.Seed >> 1);
        property(new(rand([b.B, 3, b.H, b.W], generator: random), randint(0, 5, b.B, dtype: ScalarType.Int64, generator: random)), random);
    }, iter: 40, threads: 1);

    private static void AssertEqual(Tensor expected, Tensor actual) => Assert.True(expected.equal(actual).all().item<bool>());

    private static void AssertClose(Tensor expected, Tensor actual) => Assert.True(expected.allclose(actual, 1e-5, 1e-5), $"expected {string.Join(", ", expected.data<float>())}, got {string.Join(", ", actual.data<float>())}");
}
