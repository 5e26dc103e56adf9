using Lab.Plots;
using Lab.Quantization;
using Lab.Runtime;
using Plotly.NET;
using static TorchSharp.torch;

namespace Lab.Papers.DiscreteTokenization;

/// <summary>Every vector quantizer of the survey on points of the plane, where its cells can be seen.</summary>
/// <param name="BookSize">K of VQ; RVQ, PQ and AQ share it out over two books.</param>
/// <param name="Levels">Of FSQ, per axis.</param>
/// <param name="Scale">Of the points: grids and signs do not follow the data, books do.</param>
public sealed record Playground(int BookSize, int Levels, double Scale = 1)
{
    private const int Points = 2_000, Side = 96, Shown = 400;
    private const double Reach = 2.6; // half the picture's width, in units of the plane

    /// <summary>The cells of all kinds, each point of the plane in the colour of its code, the data on top.</summary>
    /// <param name="seed">Of the points and fits.</param>
    /// <returns>One picture per kind; their tensor is the caller's to dispose.</returns>
    public ImageGrid Cells(long seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var points = Draw(seed);
        var plane = Plane();
        var pictures = new List<Tensor>();
        var captions = new List<string>();
        foreach (var (name, quantizer) in Kinds(points, seed))
        {
            quantizer.eval();
            using var made = quantizer.call(points);
            var error = (points - made.Values).square().sum(1).mean().item<float>() / points.square().sum(1).mean().item<float>();
            var cells = CodeColours.Of(quantizer.call(plane).Codes).t().reshape(3, Side, Side);
            pictures.Add(Dotted(cells, points));
            captions.Add(FormattableString.Invariant($"{name}: {quantizer.BitsPerVector:F1} bits, error {error:F2}"));
            quantizer.Dispose();
        }
        return new(stack(pictures).MoveToOuterDisposeScope(), captions, Columns: 4, Scale: 2);
    }

    /// <summary>Residual quantization as a tree: from the mean to the codes of the first stage, from each to the sums with the codes of the next, and so on.</summary>
    /// <param name="stages">M, each with as many codes as make up K together.</param>
    /// <param name="seed">Of the points and fits.</param>
    public GenericChart Tree(int stages, long seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var random = new Generator((ulong)Seed.Derive(seed, "playground fits"));
        var points = Draw(seed);
        var size = Math.Max(2, (int)Math.Round(Math.Pow(BookSize, 1.0 / stages)));
        using var quantizer = OfflineFit.Residual(points, stages, size, random: random);
        var (parents, branches) = (zeros(1, 2), new List<Series>());
        foreach (var book in quantizer.Books().unbind(0))
        {
            var children = parents.unsqueeze(1) + book; // [n, 1, 2] + [K, 2]
            branches.Add(Branches($"stage {branches.Count + 1}: {children.shape[0] * children.shape[1]} sums", parents.unsqueeze(1).expand_as(children), children));
            parents = children.flatten(0, 1);
        }
        return Charts.LinesOver([.. branches], Cloud("data", points[..Shown]), "z1", "z2", $"RVQ as a tree: {stages} stages of {size} codes");
    }

    // Lines from each parent to each child, gaps between them.
    private static Series Branches(string name, Tensor from, Tensor to)
    {
        var ends = stack([from, to, full_like(to, double.NaN)], 2).flatten(0, 2); // [n K 3, 2]
        return Cloud(name, ends);
    }

    private static Series Cloud(string name, Tensor points)
    {
        var (x, y) = (points.select(1, 0).to(ScalarType.Float64).contiguous(), points.select(1, 1).to(ScalarType.Float64).contiguous());
        return new(name, x.data<double>().ToArray(), y.data<double>().ToArray());
    }

    private IEnumerable<(string Name, Quantizer Quantizer)> Kinds(Tensor points, long seed)
    {
        using var random = new Generator((ulong)Seed.Derive(seed, "playground fits"));
        var half = (int)Math.Max(2, Math.Round(Math.Sqrt(BookSize)));
        yield return ("VQ", OfflineFit.Vector(points, BookSize, random: random));
        yield return ("RVQ", OfflineFit.Residual(points, 2, half, random: random));
        yield return ("PQ", OfflineFit.Product(points, 2, half, random: random));
        using (var start = OfflineFit.Residual(points, 2, half, random: random)) yield return ("AQ", AdditiveQuantizer.Fit(points, start));
        yield return ("FSQ", new FiniteScalarQuantizer(Levels, Levels));
        yield return ("LFQ", new LookupFreeQuantizer(2));
        yield return ("BSQ", new BinarySphericalQuantizer(2));
    }

    // Three bent clusters.
    private Tensor Draw(long seed)
    {
        using var random = new Generator((ulong)Seed.Derive(seed, "playground"));
        var angle = rand([Points], generator: random) * 1.6 + randint(3, [Points], generator: random).to(ScalarType.Float32) * 2.1;
        var radius = 1.1 + 0.22 * randn([Points], generator: random);
        return Scale * stack([radius * angle.cos(), radius * angle.sin()], 1);
    }

    private static Tensor Plane()
    {
        var axis = linspace(-Reach, Reach, Side);
        var grid = meshgrid([-axis, axis], "ij"); // rows from the top down
        return stack([grid[1].flatten(), grid[0].flatten()], 1); // [Side^2, 2]
    }

    private static Tensor Dotted(Tensor cells, Tensor points)
    {
        var dotted = cells.clone();
        var places = ((points / Reach + 1) / 2 * (Side - 1)).round().to(ScalarType.Int64);
        var inside = places.ge(0).all(1).logical_and(places.lt(Side).all(1)).nonzero().squeeze(1);
        places = places.index_select(0, inside);
        dotted.view(3, -1).index_fill_(1, (Side - 1 - places.select(1, 1)) * Side + places.select(1, 0), 0.1);
        return dotted;
    }
}
