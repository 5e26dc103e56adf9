using Lab.Data;
using Lab.ImageTokenizers;
using Lab.Plots;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.Fqgan;

/// <summary>The notebook's pictures.</summary>
public static class FqganFigures
{
    private const int MostFrequent = 24, MapPictures = 256, MapScale = 20;

    /// <summary>Bits and quality of every arm, means over seeds: books of equal size stored are not equal in rate.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart RateDistortion(FqganTokenizers results) => Charts.Scatter(
        [.. results.Arms.Select(results.Of).Select(runs => new Series(runs[0].Arm.Name, [runs[0].Tokenizer.Bottleneck.BitsPerPosition], [runs.Average(run => run.Score.Psnr)])
        {
            Hover = [FormattableString.Invariant($"{runs[0].Arm.Name}: entropy coded {runs.Average(run => run.Score.EntropyBits):F1} bits")],
        })],
        "bits of a position", "PSNR in dB", "Rate and distortion");

    /// <summary>A picture, what becomes of it, and what the decoder makes of each book alone while the other channels are 0; codes below.</summary>
    /// <param name="runs">Tokenizers with several books, one per row.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid BookByBook(IReadOnlyList<FqganRun> runs, Tensor pixels)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (pictures, captions) = (new List<Tensor>(), new List<string>());
        var books = runs.Max(run => run.Arm.Books);
        foreach (var run in runs)
        {
            var bottleneck = (FactorizedBottleneck)run.Tokenizer.Bottleneck;
            var made = run.Tokenizer.call(Signed(run, pixels.unsqueeze(0)));
            Add(pixels.to(ScalarType.Float32) / 255, "picture");
            Add(Unit(made.Images)[0], run.Arm.Name);
            for (var book = 0; book < books; book++)
            {
                var alone = zeros_like(made.Latents);
                bottleneck.Branch(alone, book).copy_(bottleneck.Branch(made.Latents, book));
                Add(Unit(run.Tokenizer.Decode(alone))[0], $"book {book + 1} alone");
                Add(CodeColours.Map(made.Codes[0, .., .., book].unsqueeze(-1).cpu(), pixels.shape[1]), $"its codes");
            }
        }
        return new(stack([.. pictures]).MoveToOuterDisposeScope(), captions, Columns: 2 + 2 * books, Scale: 3);

        void Add(Tensor picture, string caption)
        {
            pictures.Add(picture);
            captions.Add(caption);
        }
    }

    /// <summary>A picture after one of its codes was changed: before, after, where they differ, and the codes of that book.</summary>
    /// <param name="run">Whose codes.</param>
    /// <param name="pixels">[3, S, S] uint8.</param>
    /// <param name="position">In raster order.</param>
    /// <param name="book">From 0.</param>
    /// <param name="code">What it becomes; counted on from 0 again where the book ends.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No position or book of that number.</exception>
    public static ImageGrid Edit(FqganRun run, Tensor pixels, int position, int book, int code)
    {
        var (grid, sizes) = (run.Tokenizer.Config.Grid, run.Tokenizer.Bottleneck.BookSizes);
        if ((uint)position >= grid * grid) throw new ArgumentOutOfRangeException(nameof(position), position, $"Positions are 0..{grid * grid - 1}.");
        if ((uint)book >= sizes.Count) throw new ArgumentOutOfRangeException(nameof(book), book, $"Books are 0..{sizes.Count - 1}.");
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var made = run.Tokenizer.call(Signed(run, pixels.unsqueeze(0)));
        var codes = made.Codes.clone();
        codes[0, position / grid, position % grid, book] = code % sizes[book];
        var (before, after) = (Unit(made.Images)[0], Unit(run.Tokenizer.Detokenize(codes))[0]);
        var change = (after - before).abs();
        Tensor[] maps = [.. new[] { made.Codes, codes }.Select(all => CodeColours.Map(all[0, .., .., book].unsqueeze(-1).cpu(), pixels.shape[1]))];
        return new(stack([before, maps[0], after, maps[1], change / change.max().clamp_min(1e-6)]).MoveToOuterDisposeScope(),
            ["before", $"codes of book {book + 1}", "after", $"code {position} changed", "difference"], Columns: 5, Scale: 4);
    }

    /// <summary>Two pictures, and what the decoder makes of the codes of one in the first book and of the other in the second.</summary>
    /// <param name="run">A tokenizer with two books.</param>
    /// <param name="first">[3, S, S] uint8.</param>
    /// <param name="second">[3, S, S] uint8.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Exchange(FqganRun run, Tensor first, Tensor second)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var made = run.Tokenizer.call(Signed(run, stack([first, second])));
        var exchanged = made.Codes.clone();
        exchanged[.., .., .., 1] = made.Codes[.., .., .., 1].flip(0);
        var shown = cat([Unit(made.Images), Unit(run.Tokenizer.Detokenize(exchanged))]);
        return new(shown.MoveToOuterDisposeScope(), ["A", "B", "book 1 of A, 2 of B", "book 1 of B, 2 of A"], Columns: 4, Scale: 5);
    }

    /// <summary>Where in the picture books say the same, bright where they do: squared cosines of their codes, mean over test pictures and seeds.</summary>
    /// <param name="results">Arms of one book are left out.</param>
    /// <param name="data">Pictures.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid CosineMaps(FqganTokenizers results, TokenizerData data)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        FqganArm[] arms = [.. results.Arms.Where(arm => arm.Books > 1)];
        var maps = stack([.. arms.Select(arm => stack([.. results.Of(arm).Select(run => CosineMap(run, data))]).mean([0L]))]).unsqueeze(1); // [arms, 1, h, w]
        var shown = (maps / maps.max()).repeat_interleave(MapScale, 2).repeat_interleave(MapScale, 3);
        return new(shown.MoveToOuterDisposeScope(), [.. arms.Select((arm, i) => FormattableString.Invariant($"{arm.Name}: {maps[i].mean().item<float>():F3}"))], Columns: 4, Scale: 1);
    }

    /// <summary>How often codes of the two books meet, for the most frequent codes of each, with what one book tells of the other in the title.</summary>
    /// <param name="run">A tokenizer with two books.</param>
    /// <param name="data">Pictures.</param>
    public static GenericChart JointCodes(FqganRun run, TokenizerData data)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var codes = TestCodes(run, data);
        var size = run.Tokenizer.Bottleneck.BookSizes[0];
        var joint = (codes[.., 0] * size + codes[.., 1]).bincount(null, size * size).view(size, size).to(ScalarType.Float64);
        long[] rows = Frequent(joint.sum([1L])), columns = Frequent(joint.sum([0L]));
        var shown = joint.index_select(0, tensor(rows)).index_select(1, tensor(columns));
        var shuffled = stack([codes[.., 0], codes[.., 1].index_select(0, randperm(codes.shape[0], generator: new Generator(1)))], 1);
        return Charts.HeatMap([.. rows.Select(code => $"{code}")], [.. columns.Select(code => $"{code}")], [.. Enumerable.Range(0, rows.Length).Select(i => (IReadOnlyList<double>)[.. shown[i].data<double>()])],
            "code of book 2", "code of book 1", "times",
            FormattableString.Invariant($"{run.Arm.Name}: {MutualBits(codes, size):F2} bits in common ({MutualBits(shuffled, size):F2} if shuffled)"));

        static long[] Frequent(Tensor counts) => [.. counts.topk(Math.Min(MostFrequent, (int)counts.shape[0]), dim: 0).indexes.data<long>()];
    }

    /// <summary>The mean code of every test picture in the plane of its two largest components, coloured by what it shows: a slide per book.</summary>
    /// <param name="run">A tokenizer with several books.</param>
    /// <param name="data">Pictures.</param>
    /// <param name="pictures">So many test pictures.</param>
    public static GenericChart BookPlanes(FqganRun run, TokenizerData data, int pictures = 300)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var bottleneck = (FactorizedBottleneck)run.Tokenizer.Bottleneck;
        var latents = run.Tokenizer.call(Signed(run, data.Images.Test.Images[..pictures])).Latents;
        var head = data.ConditionHeads.Count - 1;
        var labels = data.Split(data.Images.Test.Labels[..pictures])[head].data<long>().ToArray();
        return Charts.Slides([.. Enumerable.Range(0, run.Arm.Books).Select(book => ($"{book + 1}", Plane(Principal(bottleneck.Branch(latents, book).mean([2, 3])), labels, Names(data, head))))], "book", run.Arm.Books - 1);
    }

    /// <summary>What the heads of a seed generate for the same conditions, a head per row.</summary>
    /// <param name="results">At least one run.</param>
    /// <returns>A grid whose tensor is the caller's to dispose.</returns>
    public static ImageGrid Samples(FarResults results)
    {
        using var scope = NewDisposeScope();
        FarRun[] runs = [.. results.Heads.Select(head => results.Of(head)[0])];
        string[] captions = [.. runs.SelectMany(run => Enumerable.Range(0, FarRun.Shown).Select(i => i == 0 ? run.Head.Name : ""))];
        return new(cat([.. runs.Select(run => Unit(run.Pictures))]).MoveToOuterDisposeScope(), captions, Columns: FarRun.Shown, Scale: 2);
    }

    /// <summary>Nats per code of every head, by book; bars are means over seeds, whiskers deviations.</summary>
    /// <param name="results">At least one run.</param>
    public static GenericChart Nats(FarResults results)
    {
        var runs = results.Heads.Select(results.Of).ToArray();
        return Charts.Bars([.. runs.Select(r => r[0].Head.Name)],
            [.. Enumerable.Range(0, runs[0][0].Nats.Count).Select(book => new BarGroup($"book {book + 1}", [.. runs.Select(r => r.Average(run => run.Nats[book]))])
            {
                Spread = [.. runs.Select(r => Metrics.Spread.Of([.. r.Select(run => run.Nats[book])]).Deviation)],
            })],
            "nats per code", "What the codes of test pictures cost");
    }

    // [h, w]
    private static Tensor CosineMap(FqganRun run, TokenizerData data)
    {
        var bottleneck = (FactorizedBottleneck)run.Tokenizer.Bottleneck;
        var latents = run.Tokenizer.call(Signed(run, data.Images.Test.Images[..Math.Min(MapPictures, data.Images.Test.Count)])).Latents;
        return DisentangleLoss.Map([.. Enumerable.Range(0, run.Arm.Books).Select(book => bottleneck.Branch(latents, book).permute(0, 2, 3, 1))]).cpu();
    }

    private static Tensor TestCodes(FqganRun run, TokenizerData data)
    {
        var codes = new List<Tensor>();
        foreach (var batch in data.Images.Test.InOrder(256, Normalization.Signed, run.Tokenizer.parameters().First().device))
            using (batch) codes.Add(run.Tokenizer.call(batch.Images).Codes.flatten(0, 2).cpu());
        return cat(codes); // [positions, books]
    }

    private static double MutualBits(Tensor codes, long size)
    {
        var (first, second, both) = (Entropy(codes[.., 0]), Entropy(codes[.., 1]), Entropy(codes[.., 0] * size + codes[.., 1]));
        return first + second - both;

        static double Entropy(Tensor values)
        {
            var share = values.bincount(null).to(ScalarType.Float64) / values.shape[0];
            return -share.xlogy(share).sum().item<double>() / Math.Log(2);
        }
    }

    // [N, d] -> [N, 2]
    private static Tensor Principal(Tensor vectors)
    {
        var centred = (vectors - vectors.mean([0L], keepdim: true)).cpu();
        var (_, _, directions) = linalg.svd(centred, fullMatrices: false);
        return centred.matmul(directions.narrow(0, 0, 2).t());
    }

    // Photographs have named classes; what drawn shapes show is numbered.
    private static IReadOnlyList<string> Names(TokenizerData data, int head) =>
        data.Heads.Count == 1 ? data.Images.Train.ClassNames : [.. Enumerable.Range(0, data.Heads[head].Classes).Select(i => $"{data.Heads[head].Name} {i}")];

    private static GenericChart Plane(Tensor points, long[] labels, IReadOnlyList<string> names)
    {
        var (x, y) = (points[.., 0].contiguous().data<float>().ToArray(), points[.., 1].contiguous().data<float>().ToArray());
        return Charts.Scatter([.. Enumerable.Range(0, labels.Length).GroupBy(i => labels[i]).OrderBy(group => group.Key)
            .Select(group => new Series(names[(int)group.Key], [.. group.Select(i => (double)x[i])], [.. group.Select(i => (double)y[i])]))],
            "first component", "second component", "Mean codes of test pictures");
    }

    private static Tensor Signed(FqganRun run, Tensor pixels) => Normalization.Signed.Apply(pixels.to(ScalarType.Float32) / 255).to(run.Tokenizer.parameters().First().device);

    private static Tensor Unit(Tensor images) => (images.cpu().clamp(-1, 1) + 1) / 2;
}
