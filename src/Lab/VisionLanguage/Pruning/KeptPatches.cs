namespace Lab.VisionLanguage.Pruning;

/// <summary>Which patches were kept, and what they show.</summary>
/// <param name="Kept">Per sample, n: whether the patch was kept.</param>
/// <param name="Objects">Per sample, n: 0 for the background, i + 1 for object i.</param>
/// <param name="Evidence">Per sample, n: whether the patch belongs to an object that the question names.</param>
public sealed record KeptPatches(IReadOnlyList<bool[]> Kept, IReadOnlyList<long[]> Objects, IReadOnlyList<bool[]> Evidence)
{
    /// <summary>Share of kept patches that show an object; not a number if none was kept.</summary>
    public double ObjectHitRate => HitRate(sample => patch => Objects[sample][patch] > 0);

    /// <summary>Share of kept patches that show a named object, over samples whose question names one; not a number if none was kept.</summary>
    public double EvidenceHitRate
    {
        get
        {
            var naming = Enumerable.Range(0, Kept.Count).Where(sample => Evidence[sample].Any(named => named)).ToArray();
            return (double)naming.Sum(sample => Count(sample, patch => Evidence[sample][patch])) / naming.Sum(sample => Count(sample, _ => true));
        }
    }

    /// <summary>Share of objects with at least one kept patch.</summary>
    public double ObjectCoverage
    {
        get
        {
            var (covered, all) = (0, 0);
            for (var sample = 0; sample < Kept.Count; sample++)
            {
                all += Objects[sample].Where(one => one > 0).Distinct().Count();
                covered += Objects[sample].Where((one, patch) => one > 0 && Kept[sample][patch]).Distinct().Count();
            }
            return (double)covered / all;
        }
    }

    /// <summary>How often each patch of the raster is kept, n shares.</summary>
    public IReadOnlyList<double> Profile => [.. Enumerable.Range(0, Kept[0].Length).Select(patch => Kept.Average(kept => kept[patch] ? 1.0 : 0))];

    /// <summary>Agreement of two ways to choose: common patches over patches of either, mean over samples; 1 where neither keeps any.</summary>
    /// <param name="other">Of the same samples.</param>
    /// <exception cref="ArgumentException">Other samples.</exception>
    public double Iou(KeptPatches other)
    {
        if (other.Kept.Count != Kept.Count) throw new ArgumentException($"{Kept.Count} samples cannot be compared with {other.Kept.Count}.", nameof(other));
        return Kept.Zip(other.Kept).Average(pair =>
        {
            var both = pair.First.Zip(pair.Second).Count(kept => kept is (true, true));
            var either = pair.First.Zip(pair.Second).Count(kept => kept is not (false, false));
            return either == 0 ? 1 : (double)both / either;
        });
    }

    private double HitRate(Func<int, Func<int, bool>> shows)
    {
        var samples = Enumerable.Range(0, Kept.Count).ToArray();
        return (double)samples.Sum(sample => Count(sample, shows(sample))) / samples.Sum(sample => Count(sample, _ => true));
    }

    private int Count(int sample, Func<int, bool> among) => Kept[sample].Where((kept, patch) => kept && among(patch)).Count();
}
