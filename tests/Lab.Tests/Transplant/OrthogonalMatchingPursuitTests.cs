using Lab.Transplant;
using static TorchSharp.torch;

namespace Lab.Tests.Transplant;

public sealed class OrthogonalMatchingPursuitTests : IDisposable
{
    private const int D = 12;

    private readonly IDisposable scope = NewDisposeScope();
    private readonly Generator generator = new(7);

    public void Dispose()
    {
        generator.Dispose();
        scope.Dispose();
    }

    private Tensor Random(params long[] shape) => randn(shape, ScalarType.Float64, generator: generator);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_finds_what_plain_loops_with_a_solver_of_normal_equations_find(bool unitAtoms)
    {
        var (targets, atoms) = (Random(40, D), Random(60, D) * (Random(60, 1).abs() + 0.2)); // rows of unlike length
        foreach (var k in new[] { 1, 2, 5, D })
        {
            var codes = OrthogonalMatchingPursuit.Solve(targets, atoms, k, unitAtoms);
            for (var i = 0; i < 40; i++)
            {
                var (indices, coefficients, residual) = PlainMatchingPursuit.Solve(Row(targets, i), Rows(atoms), k, unitAtoms);
                Assert.Equal(indices.Select(index => (long)index), codes.Indices[i].data<long>());
                Assert.All(coefficients.Zip(codes.Coefficients[i].data<double>()), pair => Assert.Equal(pair.First, pair.Second, 1e-7 * (1 + Math.Abs(pair.First))));
                Assert.Equal(residual, codes.Residuals[i, k - 1].item<double>(), 1e-8);
            }
        }
    }

    [Fact]
    public void One_atom_is_the_one_of_largest_inner_product_with_its_projection()
    {
        var (y, atoms) = (Random(1, D), Random(30, D));
        var codes = OrthogonalMatchingPursuit.Solve(y, atoms, 1);
        var products = atoms.matmul(y[0]);
        var best = products.abs().argmax().item<long>();
        Assert.Equal(best, codes.Indices[0, 0].item<long>());
        Assert.Equal((products[best] / atoms[best].dot(atoms[best])).item<double>(), codes.Coefficients[0, 0].item<double>(), 1e-12);
    }

    [Fact]
    public void What_is_left_never_grows_and_is_orthogonal_to_all_chosen_atoms()
    {
        var (targets, atoms) = (Random(20, D), Random(50, D));
        for (var k = 1; k <= D; k++)
        {
            var codes = OrthogonalMatchingPursuit.Solve(targets, atoms, k);
            var left = targets - codes.Combine(atoms); // [20, D]
            var products = atoms[codes.Indices].matmul(left.unsqueeze(-1)).squeeze(-1).abs(); // [20, k]
            Assert.True((products / (targets.norm(1).unsqueeze(1) * atoms.norm(1)[codes.Indices])).max().item<double>() <= 1e-5);
            Near.Equal(left.norm(1) / targets.norm(1) + 1, codes.Residuals.select(1, k - 1) + 1, 1e-8);
            if (k > 1) Assert.True((codes.Residuals.select(1, k - 1) <= codes.Residuals.select(1, k - 2) + 1e-12).all().item<bool>());
            Assert.All(codes.Indices.unbind(0), row => Assert.Equal(k, row.data<long>().Distinct().Count()));
        }
    }

    [Fact]
    public void A_target_that_is_a_unit_atom_is_that_atom_alone()
    {
        var atoms = Random(30, D);
        atoms = atoms / atoms.norm(1, keepdim: true);
        var codes = OrthogonalMatchingPursuit.Solve(atoms, atoms, 1);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => (long)i), codes.Indices.flatten().data<long>());
        Near.Equal(ones(30, 1, ScalarType.Float64), codes.Coefficients, 1e-12);
        Assert.True(codes.Residuals.max().item<double>() < 1e-7);
    }

    [Fact]
    public void As_many_atoms_as_dimensions_leave_nothing_and_agree_with_an_independent_least_squares_solution()
    {
        var (targets, atoms) = (Random(10, D), Random(40, D));
        foreach (var k in new[] { 3, D })
        {
            var codes = OrthogonalMatchingPursuit.Solve(targets, atoms, k);
            for (var i = 0; i < 10; i++)
            {
                var (solution, _, _, _) = linalg.lstsq(atoms[codes.Indices[i]].t(), targets[i].unsqueeze(1));
                Near.Equal(solution.squeeze(1), codes.Coefficients[i], 1e-8);
            }
            if (k == D) Assert.True(codes.Residuals.select(1, k - 1).max().item<double>() <= 1e-4);
        }
    }

    [Fact]
    public void In_an_orthonormal_dictionary_it_takes_the_largest_coefficients_and_no_pair_does_better()
    {
        var (q, _) = linalg.qr(Random(8, 8));
        var targets = Random(20, 8);
        var codes = OrthogonalMatchingPursuit.Solve(targets, q, 2);
        var largest = targets.matmul(q.t()).abs().topk(2, 1).indexes;
        Assert.True(largest.equal(codes.Indices).all().item<bool>());
        for (var i = 0; i < 20; i++) Assert.Equal(BestPair(targets[i], q), codes.Residuals[i, 1].item<double>(), 1e-9);
    }

    [Fact]
    public void In_no_dictionary_does_it_do_better_than_the_best_pair()
    {
        var worse = 0;
        for (var trial = 0; trial < 20; trial++)
        {
            var (y, atoms) = (Random(1, 5), Random(8, 5));
            var found = OrthogonalMatchingPursuit.Solve(y, atoms, 2).Residuals[0, 1].item<double>();
            var best = BestPair(y[0], atoms);
            Assert.True(found >= best - 1e-9, $"{found} {best}");
            if (found > best + 1e-6) worse++;
        }
        Assert.True(worse > 0); // it is greedy: on some dictionary it must be worse, else the brute force is not one
    }

    [Fact]
    public void Turning_or_scaling_the_space_changes_nothing()
    {
        var (targets, atoms) = (Random(20, D), Random(40, D));
        var (turn, _) = linalg.qr(Random(D, D));
        var plain = OrthogonalMatchingPursuit.Solve(targets, atoms, 5);
        foreach (var (y, a) in new[] { (targets.matmul(turn), atoms.matmul(turn)), (targets * 3.5, atoms * 3.5) })
        {
            var codes = OrthogonalMatchingPursuit.Solve(y, a, 5);
            Assert.True(plain.Indices.equal(codes.Indices).all().item<bool>());
            Near.Equal(plain.Coefficients, codes.Coefficients, 1e-8);
        }
    }

    [Fact]
    public void A_linear_twin_errs_by_no_more_than_the_residual_times_the_norm_of_the_map()
    {
        var (targets, atoms, map) = (Random(20, D), Random(40, D), Random(D, 9));
        var norm = linalg.svdvals(map).max();
        for (var k = 1; k <= D; k += 3)
        {
            var codes = OrthogonalMatchingPursuit.Solve(targets, atoms, k);
            var twins = codes.Combine(atoms.matmul(map));
            Near.Equal(codes.Combine(atoms).matmul(map), twins, 1e-9);
            var bound = codes.Residuals.select(1, k - 1) * targets.norm(1) * norm;
            Assert.True(((twins - targets.matmul(map)).norm(1) <= bound + 1e-9).all().item<bool>());
        }
    }

    [Fact]
    public void Many_at_once_are_as_one_by_one()
    {
        var (targets, atoms) = (Random(600, D), Random(50, D)); // more than one batch
        var together = OrthogonalMatchingPursuit.Solve(targets, atoms, 6);
        Assert.Equal([600, 6], together.Indices.shape);
        for (var i = 0; i < 600; i += 37)
        {
            var alone = OrthogonalMatchingPursuit.Solve(targets[i].unsqueeze(0), atoms, 6);
            Assert.True(together.Indices[i].equal(alone.Indices[0]).all().item<bool>());
            Near.Equal(alone.Coefficients[0], together.Coefficients[i]);
        }
    }

    [Fact]
    public void Equal_atoms_and_a_target_of_zeros_give_finite_sums()
    {
        var atoms = cat([ones(3, 4, ScalarType.Float64), eye(4, dtype: ScalarType.Float64)]);
        var codes = OrthogonalMatchingPursuit.Solve(stack([ones(4, ScalarType.Float64), zeros(4, ScalarType.Float64)]), atoms, 3);
        Assert.True(codes.Coefficients.isfinite().all().item<bool>());
        Near.Equal(ones(4, ScalarType.Float64), codes.Combine(atoms)[0], 1e-6);
        Assert.Equal(0, codes.Combine(atoms)[1].abs().max().item<double>());
        Assert.Equal([0, 0, 0], codes.Residuals[1].data<double>());
    }

    [Fact]
    public void What_cannot_be_solved_is_refused()
    {
        var (y, atoms) = (Random(2, 4), Random(6, 4));
        Assert.Contains("1 .. 4", Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalMatchingPursuit.Solve(y, atoms, 5)).Message);
        Assert.Contains("3 atoms", Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalMatchingPursuit.Solve(y, atoms[..3], 4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalMatchingPursuit.Solve(y, atoms, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => OrthogonalMatchingPursuit.Solve(y, atoms[..0], 1));
        Assert.Contains("one width", Assert.Throws<ArgumentException>(() => OrthogonalMatchingPursuit.Solve(y, Random(6, 3), 1)).Message);
        y[0, 0] = double.NaN;
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => OrthogonalMatchingPursuit.Solve(y, atoms, 1)).Message);
    }

    private static double BestPair(Tensor y, Tensor atoms)
    {
        var best = double.PositiveInfinity;
        for (var a = 0; a < atoms.shape[0]; a++)
            for (var b = a + 1; b < atoms.shape[0]; b++)
            {
                var pair = stack([atoms[a], atoms[b]]).t();
                var (solution, _, _, _) = linalg.lstsq(pair, y.unsqueeze(1));
                best = Math.Min(best, ((y.unsqueeze(1) - pair.matmul(solution)).norm() / y.norm()).item<double>());
            }
        return best;
    }

    private static double[] Row(Tensor matrix, int row) => matrix[row].data<double>().ToArray();

    private static double[][] Rows(Tensor matrix) => [.. Enumerable.Range(0, (int)matrix.shape[0]).Select(row => Row(matrix, row))];
}

/// <summary>The algorithm as one would write it down: no QR, every step solves the normal equations of all chosen atoms by elimination.</summary>
internal static class PlainMatchingPursuit
{
    public static (int[] Indices, double[] Coefficients, double Residual) Solve(double[] y, double[][] atoms, int k, bool unitAtoms)
    {
        var (chosen, x, residual) = (new List<int>(), Array.Empty<double>(), y);
        while (chosen.Count < k)
        {
            var best = -1;
            var highest = double.NegativeInfinity;
            for (var j = 0; j < atoms.Length; j++)
            {
                var score = Math.Abs(Dot(residual, atoms[j])) / (unitAtoms ? Math.Sqrt(Dot(atoms[j], atoms[j])) : 1);
                if (!chosen.Contains(j) && score > highest) (best, highest) = (j, score);
            }
            chosen.Add(best);

            x = Eliminate([.. chosen.Select(i => chosen.Select(j => Dot(atoms[i], atoms[j])).Append(Dot(atoms[i], y)).ToArray())]);
            residual = [.. y.Select((value, c) => value - chosen.Select((atom, i) => x[i] * atoms[atom][c]).Sum())];
        }
        return ([.. chosen], x, Math.Sqrt(Dot(residual, residual) / Dot(y, y)));
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();

    // Gauss and Jordan with pivots on an augmented matrix [n, n + 1].
    private static double[] Eliminate(double[][] rows)
    {
        for (var column = 0; column < rows.Length; column++)
        {
            var pivot = Enumerable.Range(column, rows.Length - column).MaxBy(row => Math.Abs(rows[row][column]));
            (rows[column], rows[pivot]) = (rows[pivot], rows[column]);
            for (var row = 0; row < rows.Length; row++)
            {
                if (row == column) continue;
                var factor = rows[row][column] / rows[column][column];
                for (var c = column; c <= rows.Length; c++) rows[row][c] -= factor * rows[column][c];
            }
        }
        return [.. rows.Select((row, i) => row[^1] / row[i])];
    }
}
