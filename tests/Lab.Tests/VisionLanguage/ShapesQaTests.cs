using Lab.Data;
using Lab.Data.Scenes;
using Lab.Data.ShapesQa;
using Lab.VisionLanguage.Recipes;

namespace Lab.Tests.VisionLanguage;

public class ShapesQaTests
{
    [Fact]
    public void The_vocabulary_has_58_words_in_the_order_of_the_specification()
    {
        Assert.Equal(58, QaWords.All.Count);
        Assert.Equal(58, QaWords.All.Distinct().Count());
        Assert.Equal((0, 1, 2, 3, 4), (QaWords.Id("<pad>"), QaWords.Begin, QaWords.Question, QaWords.Answer, QaWords.Id("<eos>")));
        Assert.Equal((17, 23, 27, 29, 33, 40, 57), (QaWords.Id("red"), QaWords.Id("circle"), QaWords.Id("yes"), QaWords.Id("tl"), QaWords.Id("n0"), QaWords.Id("plain"), QaWords.Id("and")));
    }

    [Fact]
    public void The_answer_to_every_question_follows_from_the_objects_and_no_question_is_infeasible()
    {
        foreach (var set in new[] { QaSet.Easy, QaSet.Hard })
        {
            using var batch = set.Generate(QaSplit.Test, 0, 5_000, 8);
            for (var i = 0; i < batch.Count; i++)
                foreach (var question in batch.Asked[i])
                {
                    var words = new[] { question.First, question.Second, question.Third }.Select(word => QaWords.All[word]).ToArray();
                    var (answer, named) = Oracle.Answer(words, batch.Scenes[i]);
                    Assert.Equal(answer, QaWords.All[question.Answer]);
                    Assert.Equal(named.Order(), question.Objects.Order());
                }
        }
    }

    [Fact]
    public void Types_are_equally_frequent_where_scenes_allow_them_and_any_is_balanced()
    {
        using var batch = QaSet.Hard.Generate(QaSplit.Train, 0, 4_000, 8);
        var asked = batch.Asked.SelectMany(all => all).ToArray();
        foreach (var type in QaSet.Hard.Types)
        {
            var share = asked.Count(question => question.Type == type) / (double)asked.Length;
            Assert.InRange(share, type.IsLocal() ? 0.04 : 0.1, type is QuestionType.Color or QuestionType.Above or QuestionType.Left ? 0.1 : 0.13);
        }

        var any = asked.Where(question => question.Type == QuestionType.Any).ToArray();
        Assert.InRange(any.Average(question => question.Answer == QaWords.Id("yes") ? 1.0 : 0), 0.48, 0.52);

        var counts = asked.Where(question => question.Type is QuestionType.CountColor or QuestionType.CountShape).ToArray();
        Assert.InRange(counts.Average(question => question.Answer == QaWords.Id("n0") ? 1.0 : 0), 0.2, 0.25); // asked of absent values 1 of 4 times, where one is absent
    }

    [Fact]
    public void Two_of_three_absent_objects_that_are_asked_for_resemble_one_that_is_there()
    {
        using var batch = QaSet.Easy.Generate(QaSplit.Train, 0, 6_000, 8);
        var (alike, all) = (0, 0);
        for (var i = 0; i < batch.Count; i++)
            foreach (var question in batch.Asked[i].Where(question => question.Type == QuestionType.Any && QaWords.All[question.Answer] == "no"))
            {
                var (colour, shape) = (QaWords.All[question.Second], QaWords.All[question.Third]);
                all++;
                if (batch.Scenes[i].Objects.Any(one => Oracle.Word(one.Colour) == colour || Oracle.Word(one.Shape) == shape)) alike++;
            }
        Assert.InRange((double)alike / all, 0.65, 0.72); // a little above 2/3: with all four shapes there, every object resembles one
    }

    [Fact]
    public void The_words_of_a_question_do_not_tell_its_answer()
    {
        foreach (var set in new[] { QaSet.Easy, QaSet.Hard })
        {
            // The best that a reader without the picture can do: for each three words the most frequent answer.
            using var train = set.Generate(QaSplit.Train, 0, 5_000, 8);
            using var test = set.Generate(QaSplit.Validation, 0, 3_000, 8);
            var best = train.Asked.SelectMany(all => all).GroupBy(Words).ToDictionary(group => group.Key, group => group.GroupBy(q => q.Answer).MaxBy(answers => answers.Count())!.Key);
            foreach (var asked in test.Asked.SelectMany(all => all).GroupBy(question => question.Type))
            {
                var majority = asked.GroupBy(question => question.Answer).Max(group => group.Count()) / (double)asked.Count();
                var blind = asked.Count(question => best.TryGetValue(Words(question), out var answer) && answer == question.Answer) / (double)asked.Count();
                Assert.True(blind <= majority + 0.03, $"{set.Name} {asked.Key}: {blind:F3} from the words, {majority:F3} by the most frequent answer");
            }
        }

        static (int, int, int) Words(Question question) => (question.First, question.Second, question.Third);
    }

    [Fact]
    public void A_sample_is_the_same_alone_and_in_a_batch_and_its_first_questions_do_not_depend_on_how_many_there_are()
    {
        using var batch = QaSet.Hard.Generate(QaSplit.Test, 40, 9, 8);
        using var alone = QaSet.Hard.Generate(QaSplit.Test, 45, 1, 3);
        Assert.Equal(alone.Asked[0].Select(question => question.ToString()), batch.Asked[5].Take(3).Select(question => question.ToString()));
        foreach (var (one, all) in new[] { (alone.Images, batch.Images), (alone.PatchPhrases, batch.PatchPhrases), (alone.Present, batch.Present), (alone.Centres, batch.Centres) })
        {
            using var same = all.narrow(0, 5, 1);
            Assert.True(same.equal(one).all().item<bool>());
        }
    }

    [Fact]
    public void Splits_share_no_sample()
    {
        using var train = QaSet.Easy.Generate(QaSplit.Train, 0, 100, 1);
        using var test = QaSet.Easy.Generate(QaSplit.Test, 0, 100, 1);
        Assert.True(train.Scenes.Zip(test.Scenes).Count(pair => pair.First.Caption == pair.Second.Caption) < 5);
    }

    [Fact]
    public void Labels_of_patches_agree_with_the_scene_and_evidence_covers_the_named_objects()
    {
        using var batch = QaSet.Hard.Generate(QaSplit.Test, 0, 300, 4);
        using var evidence = batch.Evidence();
        var (phrases, objects, marked) = (batch.PatchPhrases.data<long>().ToArray(), batch.PatchObjects.data<long>().ToArray(), evidence.data<bool>().ToArray());
        for (var i = 0; i < batch.Count; i++)
            for (var patch = 0; patch < 64; patch++)
            {
                var (phrase, one) = (phrases[64 * i + patch], (int)objects[64 * i + patch]);
                Assert.Equal(one > 0, phrase >= QaSet.Backgrounds);
                var (first, second) = QaSet.PhraseWords((int)phrase);
                Assert.Equal(
                    one == 0 ? ("background", Oracle.Word(batch.Scenes[i].Background.Texture)) : (Oracle.Word(batch.Scenes[i].Objects[one - 1].Colour), Oracle.Word(batch.Scenes[i].Objects[one - 1].Shape)),
                    (QaWords.All[first], QaWords.All[second]));
                for (var q = 0; q < 4; q++) Assert.Equal(one > 0 && batch.Asked[i][q].Objects.Contains(one - 1), marked[(4 * i + q) * 64 + patch]);
            }

        for (var i = 0; i < batch.Count; i++)
            Assert.Equal(batch.Scenes[i].Objects.Count, objects.Skip(64 * i).Take(64).Where(one => one > 0).Distinct().Count()); // every object has a patch
    }

    [Fact]
    public void The_first_way_of_token_drop_keeps_all_of_the_foreground_and_the_shares_are_those_of_the_recipe()
    {
        using var batch = QaSet.Easy.Generate(QaSplit.Train, 500, 3_000, 1);
        using var keep = TokenDrop.Keep(batch, seed: 3);
        var (kept, objects) = (keep.data<bool>().ToArray(), batch.PatchObjects.data<long>().ToArray());
        var branches = new Dictionary<TokenDrop.Branch, int>();
        for (var i = 0; i < batch.Count; i++)
        {
            var random = new CounterRandom(Lab.Runtime.Seed.Derive(3, "token drop"), 500 + i);
            var (branch, share) = TokenDrop.Draw(ref random);
            branches[branch] = branches.GetValueOrDefault(branch) + 1;
            Assert.InRange(share, branch == TokenDrop.Branch.Uniform ? 0.25f : 0.03f, 1);
            var patches = Enumerable.Range(64 * i, 64).ToArray();
            if (branch == TokenDrop.Branch.None) Assert.All(patches, patch => Assert.True(kept[patch]));
            if (branch == TokenDrop.Branch.Background) Assert.All(patches.Where(patch => objects[patch] > 0), patch => Assert.True(kept[patch]));
            var thinned = patches.Where(patch => branch == TokenDrop.Branch.Uniform || objects[patch] == 0).ToArray();
            if (branch != TokenDrop.Branch.None) Assert.InRange(thinned.Average(patch => kept[patch] ? 1.0 : 0), share - 0.4, share + 0.4);
        }
        Assert.InRange(branches[TokenDrop.Branch.Background] / 3000.0, 0.52, 0.58);
        Assert.InRange(branches[TokenDrop.Branch.Uniform] / 3000.0, 0.13, 0.17);

        using var again = TokenDrop.Keep(batch, seed: 3);
        using var other = TokenDrop.Keep(batch, seed: 4);
        Assert.True(keep.equal(again).all().item<bool>());
        Assert.False(keep.equal(other).all().item<bool>());
    }

    [Fact]
    public void Larger_pictures_have_the_same_questions_and_sets_that_some_scenes_cannot_answer_are_refused()
    {
        using var small = QaSet.Hard.Generate(QaSplit.Test, 0, 20, 8);
        using var large = QaSet.Hard.At(64).Generate(QaSplit.Test, 0, 20, 8);
        Assert.Equal([20, 3, 64, 64], large.Images.shape);
        Assert.Equal([20, 256], large.PatchPhrases.shape);
        Assert.Equal(small.Asked.SelectMany(all => all).Select(question => question.ToString()), large.Asked.SelectMany(all => all).Select(question => question.ToString()));

        Assert.Throws<ArgumentException>(() => (QaSet.Easy with { Types = [QuestionType.Color] }).Generate(QaSplit.Test, 0, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => QaSet.Easy.Generate(QaSplit.Test, 0, 1, 0));
    }

    /// <summary>Answers questions by their words, written from the specification and not from the generator.</summary>
    private static class Oracle
    {
        private static readonly string[] colours = ["red", "green", "blue", "yellow", "magenta", "cyan"];

        public static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

        public static (string Answer, IReadOnlyList<int> Named) Answer(string[] words, Scene scene)
        {
            var objects = scene.Objects;
            int[] Those(Func<SceneObject, bool> match) => [.. Enumerable.Range(0, objects.Count).Where(i => match(objects[i]))];
            int Only(Func<SceneObject, bool> match) => Assert.Single(Those(match));
            bool Is(SceneObject one, string word) => Word(one.Colour) == word || Word(one.Shape) == word;
            switch (words)
            {
                case ["color", "of", var shape]:
                    var coloured = Only(one => Word(one.Shape) == shape);
                    return (Word(objects[coloured].Colour), [coloured]);
                case ["shape", "of", var colour]:
                    var shaped = Only(one => Word(one.Colour) == colour);
                    return (Word(objects[shaped].Shape), [shaped]);
                case ["where", var colour, var shape]:
                    var found = Only(one => Word(one.Colour) == colour && Word(one.Shape) == shape);
                    return ((objects[found].Y < 16 ? "t" : "b") + (objects[found].X < 16 ? "l" : "r"), [found]);
                case [var a, "above" or "left", var b] when colours.Contains(a) && colours.Contains(b):
                    var (i, j) = (Only(one => Word(one.Colour) == a), Only(one => Word(one.Colour) == b));
                    var way = words[1] == "above" ? objects[j].Y - objects[i].Y : objects[j].X - objects[i].X;
                    Assert.True(Math.Abs(way) >= 5);
                    return (way > 0 ? "yes" : "no", [i, j]);
                case ["any", var colour, var shape]:
                    var matching = Those(one => Word(one.Colour) == colour && Word(one.Shape) == shape);
                    return (matching.Length > 0 ? "yes" : "no", matching);
                case ["count", "all", "objects"]:
                    return ($"n{objects.Count}", Those(_ => true));
                case ["count", var value, "objects"]:
                    var counted = Those(one => Is(one, value));
                    return ($"n{counted.Length}", counted);
                case ["texture", "of", "background"]:
                    return (Word(scene.Background.Texture), []);
                default:
                    throw new InvalidOperationException($"No such question: {string.Join(' ', words)}.");
            }
        }
    }
}
