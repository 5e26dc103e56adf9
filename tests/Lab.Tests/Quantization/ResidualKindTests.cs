using Lab.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Tests.Quantization;

/// <summary>Residual quantization with one book, on grids, and with books that depend on what is known.</summary>
public sealed class ResidualKindTests
{
    [Fact]
    public void A_shared_book_learns_once_from_the_residuals_of_all_stages()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(1);
        var book = new EmaCodebook(8, 3, CodebookStart.Normal, decay: 0);
        var shared = new ResidualQuantizer([.. Enumerable.Repeat(new VectorQuantizer(book), 3)]);
        Assert.Single(shared.state_dict(), weight => weight.Key.EndsWith(".vectors"));
        var (z, first) = (randn(200, 3), book.Vectors.clone());
        var codes = shared.call(z).Codes;

        var (residual, rows) = (z, new List<Tensor>());
        for (var stage = 0; stage < 3; stage++)
        {
            rows.Add(residual);
            Assert.True(NearestCode.Search(residual, first).equal(codes[.., stage]).all().item<bool>());
            residual = residual - first.index_select(0, codes[.., stage]);
        }
        var (sums, counts) = KMeans.Sums(cat([.. rows]), codes.t().reshape(-1), 8);
        Near.Equal(sums.masked_select(counts.unsqueeze(1) > 0), (book.Vectors * counts.unsqueeze(1)).masked_select(counts.unsqueeze(1) > 0), 1e-3);
        Assert.Equal(600, book.Counts.sum().item<float>(), 1e-3);
    }

    [Fact]
    public void Books_of_their_own_learn_from_their_own_stage()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(2);
        EmaCodebook[] books = [new(8, 3, CodebookStart.Normal, decay: 0), new(8, 3, CodebookStart.Normal, decay: 0)];
        new ResidualQuantizer([.. books.Select(book => new VectorQuantizer(book))]).call(randn(50, 3));
        Assert.All(books, book => Assert.Equal(50, book.Counts.sum().item<float>(), 1e-3));
    }

    [Fact]
    public void Stages_on_a_grid_are_the_digits_of_one_fine_grid()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(3);
        int[] levels = [2, 3, 5];
        var (stages, one) = (new ResidualFiniteScalarQuantizer(3, levels), new ResidualFiniteScalarQuantizer(1, [8, 27, 125]));
        stages.eval();
        one.eval();
        var z = randn(2_000, 3) * 1.5;
        var (coarse, fine) = (stages.call(z), one.call(z));
        Assert.True(coarse.Values.equal(fine.Values).to(float32).mean().item<float>() > 0.999); // the border of a cell is rounded either way
        var error = (coarse.Values - z.tanh()).abs().amax([0L]);
        for (var channel = 0; channel < 3; channel++) Assert.InRange(error[channel].item<float>(), 0, Math.Pow(levels[channel], -3) + 1e-6);
        for (var prefix = 1; prefix < 3; prefix++)
            Assert.True(((stages.Lookup(coarse.Codes[.., ..prefix]) - z.tanh()).abs().amax([0L]) <= tensor(levels).to(float32).pow(-prefix) + 1e-6).all().item<bool>());
    }

    [Fact]
    public void With_two_levels_every_stage_is_a_sign_of_half_the_size()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(4);
        var signs = new ResidualFiniteScalarQuantizer(4, [2, 2]);
        signs.eval();
        var z = randn(100, 2);
        var (residual, sum) = (z.tanh(), zeros(100, 2));
        for (var stage = 1; stage <= 4; stage++)
        {
            var step = (residual >= 0).to(float32).mul(2).sub(1) * Math.Pow(2, -stage);
            (residual, sum) = (residual - step, sum + step);
        }
        Assert.True(signs.call(z).Values.equal(sum).all().item<bool>());
        Assert.Equal([4L, 4, 4, 4], signs.BookSizes);
        Assert.Equal(0, signs.Lookup(signs.call(tensor(new float[,] { { 100, -100 } })).Codes)[0].sum().item<float>()); // the ends belong to the last cells
    }

    [Fact]
    public void Stages_left_out_in_training_have_no_code_on_a_grid_either()
    {
        using var scope = NewDisposeScope();
        var quantizer = new ResidualFiniteScalarQuantizer(3, [3, 3], new StageDropout());
        var used = Enumerable.Range(0, 40).Select(_ => quantizer.call(randn(4, 2)).Codes[0].ge(0).sum().item<long>()).ToHashSet();
        Assert.Equal([1L, 2, 3], used.Order());
    }

    [Fact]
    public void Untrained_networks_leave_residual_quantization_as_it_is()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(5);
        var x = randn(300, 4);
        var residual = OfflineFit.Residual(x, 3, 8);
        var bent = new ImplicitResidualQuantizer(residual.Books());
        bent.eval();
        var (expected, made) = (residual.call(x), bent.call(x));
        Assert.True(expected.Codes.equal(made.Codes).all().item<bool>());
        Near.Equal(expected.Values, made.Values, 1e-6);
    }

    [Fact]
    public void Books_that_depend_on_what_is_known_come_nearer_to_the_vectors()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(6);
        var x = Lines(1_500);
        var residual = OfflineFit.Residual(x[..1_000], 2, 8);
        var bent = ImplicitResidualQuantizer.Fit(x[..1_000], residual, new(64, 1), steps: 200, batchSize: 256, learningRate: 1e-2);
        var (before, after) = (Error(residual), Error(bent));
        Assert.True(after < 0.8 * before, $"{after} of {before}");
        Assert.True(Error(bent, prefix: 1) > after);

        double Error(Quantizer quantizer, int prefix = 2) => (quantizer.Lookup(quantizer.call(x[1_000..]).Codes[.., ..prefix]) - x[1_000..]).square().mean().item<float>();
    }

    [Fact]
    public void The_loss_of_bent_books_has_the_gradients_of_finite_differences()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(7);
        var quantizer = new ImplicitResidualQuantizer(randn(3, 4, 3), new(8, 1));
        quantizer.to(float64);
        using (no_grad())
            foreach (var weight in quantizer.parameters()) weight.add_(0.1 * randn_like(weight)); // away from where last layers are zero
        var x = randn(20, 3, float64);
        quantizer.QuantizeRows(x).Loss.backward();
        const double Eps = 1e-6;
        foreach (var (name, weight) in quantizer.named_parameters())
        {
            var step = randn_like(weight);
            var predicted = (weight.grad! * step).sum().item<double>();
            var difference = (Moved(Eps) - Moved(-Eps)) / (2 * Eps);
            Assert.True(Math.Abs(predicted - difference) < 1e-5 * (1 + Math.Abs(predicted)), $"{name}: {predicted} against {difference}");

            double Moved(double by)
            {
                using var noGrad = no_grad();
                weight.add_(step, by);
                var loss = Plain(quantizer, x);
                weight.add_(step, -by);
                return loss;
            }
        }

        // The terms without their detached halves: those that hold the vectors near their sums teach the network nothing.
        static double Plain(ImplicitResidualQuantizer quantizer, Tensor x)
        {
            var codes = quantizer.QuantizeRows(x).Codes;
            return Enumerable.Range(1, 3).Sum(prefix => (x - quantizer.LookupRows(codes.narrow(1, 0, prefix))).square().mean().item<double>());
        }
    }

    [Fact]
    public void Every_channel_of_latent_quantization_has_values_of_its_own()
    {
        using var scope = NewDisposeScope();
        var quantizer = new LatentQuantizer(2, 3);
        Near.Equal(tensor(new float[,] { { -0.5f, 0, 0.5f }, { -0.5f, 0, 0.5f } }), quantizer.Values);
        var z = tensor(new float[,] { { 0.9f, -0.2f }, { 0.3f, -0.3f } });
        Assert.Equal([2L, 1, 2, 0], quantizer.call(z).Codes.data<long>().ToArray());
        using (no_grad()) quantizer.Values[0].mul_(4); // -2, 0, 2
        Assert.Equal([1L, 1, 1, 0], quantizer.call(z).Codes.data<long>().ToArray());
    }

    [Fact]
    public void Values_of_a_channel_go_to_the_vectors_that_choose_them()
    {
        using var scope = NewDisposeScope();
        using var random = manual_seed(8);
        var quantizer = new LatentQuantizer(2, 4);
        var wanted = tensor(new float[,] { { -3, -1, 1, 3 }, { 0, 0.1f, 0.2f, 0.3f } });
        var z = stack([wanted[0].index_select(0, randint(4, [400])), wanted[1].index_select(0, randint(4, [400]))], 1);
        using var sgd = optim.SGD(quantizer.parameters(), 20);
        for (var step = 0; step < 60; step++)
        {
            using var inner = NewDisposeScope();
            sgd.zero_grad();
            quantizer.call(z).Loss.backward();
            sgd.step();
        }
        quantizer.eval();
        Assert.True((quantizer.call(z).Values[.., 0] - z[.., 0]).square().mean().item<float>() < 0.5 * (z[.., 0] - z[.., 0].clamp(-0.5, 0.5)).square().mean().item<float>());
    }

    // Clusters, each spread along a line of its own: what is left over is distributed differently in every cell.
    private static Tensor Lines(int count)
    {
        var (cluster, centres, lines) = (randint(8, [count]), 6 * randn(8, 6), nn.functional.normalize(randn(8, 6), dim: 1));
        return centres.index_select(0, cluster) + randn(count, 1) * lines.index_select(0, cluster);
    }
}
