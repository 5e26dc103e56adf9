using System.Text.Json;
using System.Text.Json.Serialization;

namespace Lab.Papers;

/// <summary>All papers of the collection, from <c>data/papers.json</c>.</summary>
public static class PaperCatalogue
{
    private static readonly JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private static readonly Lazy<IReadOnlyList<Paper>> papers = new(() =>
    {
        using var json = typeof(PaperCatalogue).Assembly.GetManifestResourceStream("data/papers.json")!;
        return JsonSerializer.Deserialize<Paper[]>(json, options)!;
    });

    /// <summary>In alphabetic order of their slugs.</summary>
    public static IReadOnlyList<Paper> All => papers.Value;

    /// <summary>The paper with this slug.</summary>
    /// <exception cref="KeyNotFoundException">There is none; the message names the closest slugs.</exception>
    public static Paper Find(string slug) => All.FirstOrDefault(paper => paper.Slug == slug)
        ?? throw new KeyNotFoundException($"There is no paper '{slug}'. The closest are {string.Join(", ", Spelling.Closest(slug, All.Select(paper => paper.Slug)))}.");
}
