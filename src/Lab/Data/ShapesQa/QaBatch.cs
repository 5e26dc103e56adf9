using Lab.Data.Scenes;
using static TorchSharp.torch;

namespace Lab.Data.ShapesQa;

/// <summary>Samples of <see cref="QaSet"/>: B pictures of n patches with Q questions each.</summary>
/// <param name="Scenes">What the pictures show.</param>
/// <param name="Asked">Q questions about each.</param>
/// <param name="First">Number of the first sample.</param>
/// <param name="Images">[B, 3, S, S], about -0.45 .. 0.65.</param>
/// <param name="PatchPhrases">[B, n] int64, what each patch shows.</param>
/// <param name="PatchObjects">[B, n] int64: 0 for the background, i + 1 for object i.</param>
/// <param name="Centres">[B, n] float, 1 where the centre of an object lies.</param>
/// <param name="Present">[B, 24] float, 1 for every object phrase that is in the scene.</param>
/// <param name="Words">[B, Q, 3] int64.</param>
/// <param name="Answers">[B, Q] int64.</param>
public sealed record QaBatch(
    IReadOnlyList<Scene> Scenes, IReadOnlyList<IReadOnlyList<Question>> Asked, long First, Tensor Images, Tensor PatchPhrases, Tensor PatchObjects, Tensor Centres,
    Tensor Present, Tensor Words, Tensor Answers) : IDisposable
{
    private IEnumerable<Tensor> Tensors => [Images, PatchPhrases, PatchObjects, Centres, Present, Words, Answers];

    /// <summary>Pictures.</summary>
    public int Count => Scenes.Count;

    /// <summary>About each picture.</summary>
    public int QuestionCount => Asked[0].Count;

    /// <summary>The patches of the objects that each question names.</summary>
    /// <returns>[B, Q, n] bool, a new tensor.</returns>
    public Tensor Evidence()
    {
        var patches = (int)PatchObjects.shape[1];
        using var onCpu = PatchObjects.cpu();
        var objects = onCpu.data<long>().ToArray();
        var evidence = new bool[Count * QuestionCount * patches];
        for (var i = 0; i < evidence.Length; i++)
        {
            var (question, patch) = Math.DivRem(i, patches);
            var (picture, number) = Math.DivRem(question, QuestionCount);
            var shown = (int)objects[picture * patches + patch];
            evidence[i] = shown > 0 && Asked[picture][number].Objects.Contains(shown - 1);
        }
        return tensor(evidence, [Count, QuestionCount, patches], device: PatchObjects.device);
    }

    /// <summary>Some of the pictures.</summary>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <returns>Views; the caller's to dispose.</returns>
    public QaBatch Slice(int start, int count) => new(
        [.. Scenes.Skip(start).Take(count)], [.. Asked.Skip(start).Take(count)], First + start, Images.narrow(0, start, count), PatchPhrases.narrow(0, start, count),
        PatchObjects.narrow(0, start, count), Centres.narrow(0, start, count), Present.narrow(0, start, count), Words.narrow(0, start, count), Answers.narrow(0, start, count));

    /// <summary>Every question with a picture of its own, so that each can be answered with other tokens.</summary>
    /// <returns>B Q pictures with one question each; a copy, the caller's to dispose.</returns>
    public QaBatch Unpacked()
    {
        var questions = QuestionCount;
        Tensor Each(Tensor values) => values.repeat_interleave(questions, 0);
        return new(
            [.. Scenes.SelectMany(scene => Enumerable.Repeat(scene, questions))], [.. Asked.SelectMany(asked => asked.Select(one => (IReadOnlyList<Question>)[one]))], First,
            Each(Images), Each(PatchPhrases), Each(PatchObjects), Each(Centres), Each(Present), Words.view(-1, 1, 3).clone(), Answers.view(-1, 1).clone());
    }

    /// <summary>The samples on another device. This batch is given up.</summary>
    public QaBatch To(Device device)
    {
        if (device.type == Images.device_type) return this;
        using var old = this;
        return this with
        {
            Images = Images.to(device),
            PatchPhrases = PatchPhrases.to(device),
            PatchObjects = PatchObjects.to(device),
            Centres = Centres.to(device),
            Present = Present.to(device),
            Words = Words.to(device),
            Answers = Answers.to(device),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in Tensors) tensor.Dispose();
    }

    internal static QaBatch Of(ShapesBatch drawn, IReadOnlyList<IReadOnlyList<Question>> asked, long first)
    {
        var (count, questions, objects) = (asked.Count, asked[0].Count, QaSet.Phrases - QaSet.Backgrounds);
        var present = new float[count * objects];
        for (var i = 0; i < count; i++)
            foreach (var one in drawn.Scenes[i].Objects) present[i * objects + 4 * (int)one.Colour + (int)one.Shape] = 1;
        var words = asked.SelectMany(all => all).SelectMany(question => new long[] { question.First, question.Second, question.Third }).ToArray();
        var answers = asked.SelectMany(all => all).Select(question => (long)question.Answer).ToArray();
        return new(
            drawn.Scenes, asked, first, drawn.Images.alias(), drawn.PatchLabels(QaSet.Patch), drawn.PatchObjects(QaSet.Patch), drawn.CentreLabels(QaSet.Patch),
            tensor(present, [count, objects]), tensor(words, [count, questions, 3]), tensor(answers, [count, questions]));
    }
}
