namespace Lab.Papers.TokenBridge;

/// <summary>Sentences of the notebook that hold figures.</summary>
public static class TokenBridgeText
{
    /// <summary>Where models come from: times of training are then those of long ago.</summary>
    /// <param name="fromCache">One per model.</param>
    public static string Origin(IEnumerable<bool> fromCache)
    {
        bool[] models = [.. fromCache];
        return models.Count(cached => cached) switch
        {
            0 => $"{models.Length} models, all trained now",
            var cached when cached == models.Length => $"{models.Length} models, all from the cache; times are those of their training",
            var cached => $"{models.Length} models, {cached} of them from the cache; times are those of their training",
        };
    }
}
