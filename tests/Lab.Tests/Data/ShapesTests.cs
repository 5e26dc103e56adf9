using CsCheck;
using Lab.Data;
using Lab.Data.Scenes;

namespace Lab.Tests.Data;

public class ShapesTests
{
    private static readonly Shapes[] presets =
        [Shapes.Classification32, Shapes.Tokenizer32, Shapes.Tokenizer64, Shapes.Captions32, Shapes.QaEasy, Shapes.QaHard];

    private static readonly Gen<Shapes> preset = Gen.Int[0, presets.Length - 1].Select(i => presets[i]);

    [Fact]
    public void A_sample_is_the_same_alone_and_in_a_batch() =>
        Gen.Select(preset, Gen.Long, Gen.Int[0, 1000], Gen.Int[1, 9]).Sample((shapes, seed, first, count) =>
        {
            using var batch = shapes.Generate(count, seed, first);
            using var alone = shapes.Generate(1, seed, first + count - 1);
            using var last = batch.Images[count - 1];
            using var image = alone.Images[0];
            Assert.True(last.equal(image).all().item<bool>());
            Assert.Equal(alone.Captions[0], batch.Captions[count - 1]);
        }, iter: 50, threads: 1);

    [Fact]
    public void Neighbouring_seeds_give_unrelated_pictures()
    {
        using var one = Shapes.QaEasy.Generate(200, 0);
        using var other = Shapes.QaEasy.Generate(200, 1);
        Assert.True(one.Captions.Zip(other.Captions).Count(pair => pair.First == pair.Second) < 5);
    }

    [Fact]
    public void The_red_circle_of_a_known_scene_is_drawn_where_it_says()
    {
        var ground = new Background(0.3f, Texture.Plain, 0.12f, 0, 0);
        var circle = new SceneObject(ShapeKind.Circle, ObjectColour.Red, X: 8, Y: 24, Radius: 3, SizeBin.Small);
        var scene = new Scene(32, ground, [circle], Noise: 0, NoiseSeed: 1);
        var pixels = new float[3 * 32 * 32];
        var mask = new byte[32 * 32];
        scene.Draw(pixels, mask);

        // 32 pixel centres (k + 1/2, l + 1/2) lie within 3 of a corner of the pixel grid; the disc's area is 28.3.
        Assert.Equal(32, mask.Sum(m => m));
        Assert.Equal([1f, 0.1f, 0.1f], new[] { 0, 1, 2 }.Select(c => pixels[c * 1024 + 24 * 32 + 8]));
        Assert.Equal([0.3f, 0.3f, 0.3f], new[] { 0, 1, 2 }.Select(c => pixels[c * 1024 + 8 * 32 + 8]));
        Assert.Equal("a small red circle at the bottom left on a plain background", scene.Caption);
        Assert.Equal(new Box(5, 21, 11, 27), circle.Box);
    }

    [Fact]
    public void Masks_fill_their_boxes_and_never_meet() => Gen.Select(preset, Gen.Long).Sample((shapes, seed) =>
    {
        using var batch = shapes.Generate(1, seed);
        var mask = batch.Masks.data<byte>().ToArray();
        for (var i = 0; i < batch.Scenes[0].Objects.Count; i++)
        {
            var one = batch.Scenes[0].Objects[i];
            var inside = Enumerable.Range(0, mask.Length).Where(at => mask[at] == i + 1).ToArray();
            var expected = Enumerable.Range(0, mask.Length).Where(at => one.Contains(at % shapes.Size + 0.5f, at / shapes.Size + 0.5f));
            Assert.Equal(expected, inside); // whole: no other object hides a part
            Assert.InRange(inside.Min(at => at % shapes.Size) + 0.5f, one.Box.Left, one.Box.Left + 2);
            Assert.InRange(inside.Max(at => at / shapes.Size) + 0.5f, one.Box.Bottom - 2, one.Box.Bottom);
        }
    }, iter: 300, threads: 1);

    [Fact]
    public void Pixels_stay_in_the_range_of_the_set()
    {
        foreach (var (shapes, low, high) in new[] { (Shapes.Classification32, 0f, 1f), (Shapes.Tokenizer32, -1f, 1f), (Shapes.QaEasy, -0.4f + 0.06f, 0.6f + 0.04f) })
        {
            using var batch = shapes.Generate(200, 5);
            Assert.InRange(batch.Images.min().item<float>(), low - 1e-6f, low + 0.25f);
            Assert.InRange(batch.Images.max().item<float>(), high - 0.05f, high + 1e-6f);
        }
    }

    [Fact]
    public void Every_class_of_every_attribute_is_equally_frequent()
    {
        using var batch = Shapes.Captions32.Generate(8000, 7);
        foreach (var (attribute, classes) in new[]
            { (SceneAttribute.Shape, 4), (SceneAttribute.Colour, 8), (SceneAttribute.Size, 2), (SceneAttribute.Quadrant, 4), (SceneAttribute.Texture, 4) })
        {
            using var labels = batch.Labels(attribute);
            using var counts = labels.bincount(null, classes);
            var expected = 8000.0 / classes;
            Assert.All(counts.data<long>().ToArray(), n => Assert.InRange(n, expected - 5 * Math.Sqrt(expected), expected + 5 * Math.Sqrt(expected)));
            Assert.Equal(classes, counts.shape[0]);
        }
    }

    [Fact]
    public void There_are_1024_captions() =>
        Assert.InRange(Enumerable.Range(0, 12_000).Select(i => Shapes.Captions32.SceneAt(3, i).Caption).Distinct().Count(), 1020, 1024);

    [Fact]
    public void The_easy_questions_set_has_one_to_four_objects_and_fifteen_percent_foreground_patches()
    {
        using var batch = Shapes.QaEasy.Generate(2000, 1234);
        Assert.Equal([1, 2, 3, 4], batch.Scenes.Select(s => s.Objects.Count).Distinct().Order());
        using var labels = batch.PatchLabels(4);
        Assert.Equal([2000, 64], labels.shape);
        Assert.InRange(labels.data<long>().Max(), 26, 27);
        Assert.InRange(labels.data<long>().Average(label => label >= 4 ? 1.0 : 0), 0.13, 0.17);

        using var centres = batch.CentreLabels(4);
        Assert.Equal(batch.Scenes.Sum(s => s.Objects.Count), centres.sum().item<float>());
    }

    [Fact]
    public void Patch_labels_agree_with_those_of_a_renderer_of_four_times_the_resolution()
    {
        const int count = 300, fine = 4;
        using var batch = Shapes.QaHard.Generate(count, 999);
        using var labels = batch.PatchLabels(4);
        var ours = labels.data<long>().ToArray();
        var agree = 0;
        for (var i = 0; i < count; i++)
            for (var patch = 0; patch < 64; patch++)
                if (ours[64 * i + patch] == FineLabel(batch.Scenes[i], patch % 8 * 4, patch / 8 * 4)) agree++;
        Assert.True(agree >= 0.98 * 64 * count, $"{agree} of {64 * count} agree");

        static long FineLabel(Scene scene, int left, int top)
        {
            var covered = scene.Objects.Select(one => Enumerable.Range(0, 16 * fine * fine).Count(k =>
                one.Contains(left + (k % (4 * fine) + 0.5f) / fine, top + (k / (4 * fine) + 0.5f) / fine))).ToArray();
            var largest = scene.Objects[Array.IndexOf(covered, covered.Max())];
            return covered.Max() >= 4 * fine * fine ? 4 + 4 * (int)largest.Colour + (int)largest.Shape : (int)scene.Background.Texture;
        }
    }

    [Fact]
    public void A_recoloured_scene_differs_only_inside_the_object()
    {
        var scene = Shapes.Tokenizer32.SceneAt(1, 2);
        var recoloured = scene with { Objects = [scene.Objects[0] with { Colour = ObjectColour.White }] };
        var (before, after, mask) = (new float[3072], new float[3072], new byte[1024]);
        scene.Draw(before, mask);
        recoloured.Draw(after, mask);
        for (var i = 0; i < 3072; i++)
            if (mask[i % 1024] == 0) Assert.Equal(before[i], after[i]);
        Assert.NotEqual(before, after);
    }

    [Fact]
    public void As_a_classification_set_shapes_look_like_real_data()
    {
        using var data = Shapes.Classification32.Classification(600, 1);
        Assert.Equal([600, 3, 32, 32], data.Images.shape);
        Assert.Equal(["circle", "square", "triangle", "cross", "diamond", "ring"], data.ClassNames);
        using var counts = data.Labels.bincount(null);
        Assert.All(counts.data<long>().ToArray(), n => Assert.InRange(n, 60, 140));
    }

    [Fact]
    public void Contradictory_settings_are_refused()
    {
        Assert.Throws<ArgumentException>(() => (Shapes.QaEasy with { MaxObjects = 17 }).SceneAt(0, 0));
        Assert.Throws<ArgumentException>(() => (Shapes.QaEasy with { Size = 30 }).SceneAt(0, 0));
        Assert.Throws<ArgumentException>(() => (Shapes.QaEasy with { MaxRadius = 0.6f }).SceneAt(0, 0));
        Assert.Throws<ArgumentException>(() => (Shapes.QaEasy with { Kinds = [] }).Generate(4, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shapes.QaEasy.Generate(0, 0));
        using var batch = Shapes.QaEasy.Generate(1, 0);
        Assert.Throws<ArgumentException>(() => batch.PatchLabels(5));
    }
}
