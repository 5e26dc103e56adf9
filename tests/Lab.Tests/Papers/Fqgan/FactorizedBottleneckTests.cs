using Lab.ImageTokenizers;
using Lab.Papers.Fqgan;
using Lab.Quantization;
using Lab.Training;
using static TorchSharp.torch;

namespace Lab.Tests.Papers.Fqgan;

public sealed class FactorizedBottleneckTests
{
    private static readonly TokenizerConfig tiny = new("tiny", 16, 4, TokenizerFamily.Patch, [8], 1, 16);

    public static TheoryData<FqganArm> Arms => [FqganArm.Single, FqganArm.Dual, FqganArm.Both, FqganArm.Rvq, FqganArm.Triple];

    [Theory]
    [MemberData(nameof(Arms))]
    public void Codes_give_the_pictures_bit_for_bit(FqganArm arm)
    {
        using var scope = NewDisposeScope();
        using var tokenizer = Tokenizer(arm);
        var images = randn(12, 3, 16, 16);
        tokenizer.call(images).Dispose(); // books that start with the first batch
        tokenizer.eval();
        var made = tokenizer.call(images);
        Assert.True(made.Images.equal(tokenizer.Detokenize(made.Codes)).all().item<bool>());
        Assert.Equal(0, made.Loss.item<float>());
        Assert.Equal(tokenizer.Bottleneck.BookSizes.Count, made.Codes.shape[3]);
    }

    [Fact]
    public void Books_combine()
    {
        using var two = new FactorizedBottleneck(new(2, 1024, 8));
        Assert.Equal(20, two.BitsPerPosition);
        Assert.Equal(1_048_576, two.BookSizes.Aggregate(1L, (product, size) => product * size));
        Assert.Equal(2048, two.Options.StoredCodes);
    }

    [Fact]
    public void One_book_without_losses_is_plain_vector_quantization()
    {
        using var scope = NewDisposeScope();
        FactorizedOptions options = new(1, 16, 8) { Entropy = new(0) };
        FactorizedBottleneck factorized;
        using (manual_seed(5)) factorized = new FactorizedBottleneck(options);
        nn.Module<Tensor, Tensor> adapter;
        VectorQuantizer plain;
        using (manual_seed(5))
        {
            adapter = nn.Sequential([new ResidualBlock(8, 8), .. Blocks.Head(8, Blocks.Conv1(8, 8))]);
            plain = new VectorQuantizer(new LearnedCodebook(16, 8, CodebookStart.Uniform) { OnSphere = true });
        }
        var z = randn(2, 8, 4, 4);
        var (ours, theirs) = (factorized.call(z), plain.call(adapter.call(z).permute(0, 2, 3, 1)));
        Assert.True(ours.Values.permute(0, 2, 3, 1).equal(theirs.Values).all().item<bool>());
        Assert.True(ours.Codes.equal(theirs.Codes).all().item<bool>());
        Assert.Equal(theirs.Loss.item<float>(), ours.Loss.item<float>());
    }

    [Fact]
    public void A_branch_has_its_own_channels()
    {
        using var scope = NewDisposeScope();
        using var bottleneck = new FactorizedBottleneck(new(2, 16, 8));
        bottleneck.eval();
        var latents = bottleneck.call(randn(2, 8, 4, 4)).Values;
        var without = latents.clone();
        bottleneck.Branch(without, 1).zero_();
        Assert.True(latents[.., ..8].equal(without[.., ..8]).all().item<bool>());
        Assert.Equal(0, without[.., 8..].abs().max().item<float>());
        Near.Equal(ones(2, 4, 4), bottleneck.Branch(latents, 1).square().sum(1), 1e-5); // codes lie on the sphere
    }

    [Fact]
    public void The_teacher_guides_its_own_book_and_is_not_guided()
    {
        using var scope = NewDisposeScope();
        using var data = TokenizerData.Drawn(Lab.Data.Shapes.Tokenizer32 with { Size = 16 }, 16, 16, seed: 1);
        using var teacher = new FeatureNet([16, 32, 64], data.Heads);
        using var tokenizer = Tokenizer(FqganArm.Both);
        var bottleneck = (FactorizedBottleneck)tokenizer.Bottleneck;
        var images = randn(6, 3, 16, 16);
        bottleneck.Representation(tokenizer.call(images).Latents, teacher, images).backward();
        Assert.All(teacher.parameters(), weight => Assert.Null(weight.grad));
        var reached = bottleneck.named_parameters().Where(p => p.parameter.grad is { } gradient && gradient.abs().max().item<float>() > 0).Select(p => p.name.Split('.')[0]).Distinct();
        Assert.Equal(["adapter1", "predictor0"], reached.Order());

        using var plain = Tokenizer(FqganArm.Dual);
        Assert.Equal(0, ((FactorizedBottleneck)plain.Bottleneck).Representation(plain.call(images).Latents, teacher, images).item<float>());
    }

    [Fact]
    public void Alike_codes_cost_one_and_orthogonal_ones_nothing()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (randn(50, 8), randn(50, 8));
        Assert.Equal(1, DisentangleLoss.Of([a, a]).item<float>(), 1e-5);
        Assert.Equal(0, DisentangleLoss.Of([a, b - (a * b).sum(1, keepdim: true) / a.square().sum(1, keepdim: true) * a]).item<float>(), 1e-5);
        Assert.Equal(0, DisentangleLoss.Of([a]).item<float>());
        var cosine = DisentangleLoss.Of([a, b]).item<float>();
        var rotation = linalg.qr(randn(8, 8)).Q;
        Assert.Equal(cosine, DisentangleLoss.Of([a, -b]).item<float>(), 1e-5);
        Assert.Equal(cosine, DisentangleLoss.Of([a.matmul(rotation), b.matmul(rotation)]).item<float>(), 1e-5);
        Assert.Equal((DisentangleLoss.Of([a, b]) + DisentangleLoss.Of([a, a]) + DisentangleLoss.Of([b, a])).item<float>() / 3, DisentangleLoss.Of([a, b, a]).item<float>(), 1e-5);
        foreach (var d in new[] { 4, 8, 32 }) Assert.Equal(1.0 / d, DisentangleLoss.Of([randn(20_000, d), randn(20_000, d)]).item<float>(), 0.06 / d);
        Assert.Throws<ArgumentException>(() => DisentangleLoss.Of([a, b[..10]]));
        Assert.Throws<ArgumentException>(() => DisentangleLoss.Of([]));
        Near.Equal(full([4, 4], 1f), DisentangleLoss.Map([a[..32].view(2, 4, 4, 8), a[..32].view(2, 4, 4, 8)]));
    }

    [Fact]
    public void InfoNce_is_as_without_a_temperature()
    {
        using var scope = NewDisposeScope();
        foreach (var n in new[] { 2, 5, 32 })
        {
            Assert.Equal(Math.Log(Math.E + n - 1) - 1, Losses.InfoNce(3 * eye(n), eye(n)).item<float>(), 1e-4);
            Assert.Equal(Math.Log(n), Losses.InfoNce(ones(n, 4), ones(n, 4)).item<float>(), 1e-4);
        }
        Assert.Equal(0, Losses.InfoNce(randn(1, 4), randn(1, 4)).item<float>());
        Assert.True(Losses.InfoNce(eye(4), eye(4), 0.1).item<float>() < 1e-3);
        Assert.Throws<ArgumentException>(() => Losses.InfoNce(randn(2, 4), randn(3, 4)));
        Assert.Throws<ArgumentException>(() => Losses.InfoNce(randn(2, 4), randn(2, 4), 0));
    }

    [Fact]
    public void Entropy_of_codes_is_lowest_where_they_are_decided_and_diverse()
    {
        using var scope = NewDisposeScope();
        var entropy = new CodeEntropyLoss(1);
        var book = nn.functional.normalize(randn(16, 8), dim: 1);
        Assert.Equal(-Math.Log(16), entropy.Of(book.repeat(4, 1), book).item<float>(), 0.05);
        Assert.Equal(-Math.Log(16), new CodeEntropyLoss(1, 1e-4).Of(book.repeat(4, 1), book).item<float>(), 1e-5);
        Assert.Equal(0, entropy.Of(book[3..4].repeat(64, 1), book).item<float>(), 1e-4);
        foreach (var (n, k) in new[] { (5, 3), (300, 1_000) }) // one chunk, and two
        {
            var (rows, codes) = (randn(n, 4).requires_grad_(), randn(k, 4).requires_grad_());
            var logs = (-(rows.unsqueeze(1) - codes).square().sum(2) / 2).log_softmax(1);
            var mean = logs.exp().mean([0L]);
            var expected = -(logs.exp() * logs).sum(1).mean() + (mean * mean.log()).sum();
            var made = new CodeEntropyLoss(1, 2).Of(rows, codes);
            Assert.Equal(expected.item<float>(), made.item<float>(), 1e-4);
            var wanted = autograd.grad([expected], [rows, codes]);
            var gradients = autograd.grad([made], [rows, codes]);
            for (var i = 0; i < 2; i++) Near.Equal(wanted[i], gradients[i], 1e-3);
        }
        var z = book.repeat(4, 1).requires_grad_();
        new CodeEntropyLoss(1, 1e-4).Of(z, cat([book, -book])).backward(); // codes that nothing is near
        Assert.True(z.grad!.isfinite().all().item<bool>());
        Assert.Throws<ArgumentException>(() => new VectorQuantizer(new LearnedCodebook(4, 2)) { Entropy = new(1, 0) });
        Assert.Throws<ArgumentException>(() => new VectorQuantizer(new LearnedCodebook(4, 2)) { Entropy = new(-1) });
    }

    [Fact]
    public void Arms_differ_in_what_they_study_alone()
    {
        using var scope = NewDisposeScope();
        using var single = Tokenizer(FqganArm.Single);
        using var dual = Tokenizer(FqganArm.Dual);
        using var both = Tokenizer(FqganArm.Both);
        var weights = single.state_dict();
        foreach (var other in new[] { dual, both })
            foreach (var (name, value) in other.state_dict())
                if (name.Contains("adapter0") || (name.StartsWith("encoder") && weights[name].shape.SequenceEqual(value.shape)))
                    Assert.True(weights[name].equal(value).all().item<bool>(), name);
        foreach (var (name, value) in dual.state_dict()) Assert.True(value.equal(both.state_dict()[name]).all().item<bool>(), name);
        Assert.Equal(single.Bottleneck.BookSizes.Sum(), dual.Bottleneck.BookSizes.Sum());
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        Assert.Contains("0", Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(0, 16, 8))).Message);
        Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(1, 16, 8) { CodeDim = 0 }));
        Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(1, 16, 8) { Disentangle = -1 }));
        Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(3, 16, 8) { Represent = 1, TeacherTaps = [1], TeacherWidths = [8] }));
        Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(2, 16, 8) { TeacherTaps = [1], TeacherWidths = [8] }));
        Assert.Throws<ArgumentException>(() => new FactorizedBottleneck(new(2, 16, 8), () => new FiniteScalarQuantizer(3, 3)));
        Assert.Contains("16 channels", Assert.Throws<ArgumentException>(() => new ImageTokenizer(tiny with { ZChannels = 9 }, () => new FactorizedBottleneck(new(2, 16, 8)), 1)).Message);
    }

    private static ImageTokenizer Tokenizer(FqganArm arm)
    {
        var options = arm.Options(32, tiny, new());
        return new(tiny with { ZChannels = options.Books * options.CodeDim }, () => arm.Make(options), seed: 1);
    }
}
