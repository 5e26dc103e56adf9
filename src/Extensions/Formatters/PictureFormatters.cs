using System.Text;
using Lab.Plots;

namespace Lab.Extensions.Formatters;

/// <summary>
/// Grids of pictures. The PNG holds the captions too, for readers that show nothing else; HTML has its own captions,
/// which wrap and can be searched, and small pictures that the browser enlarges.
/// </summary>
internal static class ImageGridFormatter
{
    public static void Register() => Format.Register<ImageGrid>(
        (Format.Html, ToHtml), (Format.Png, grid => grid.Images.IsInvalid ? "" : Convert.ToBase64String(Pictures.Grid(grid))), (Format.Text, ToText));

    private static string ToHtml(ImageGrid grid)
    {
        if (grid.Images.IsInvalid) return Markup.Output(Markup.Escape(ToText(grid)));

        var (height, width) = (grid.Images.shape[2] * grid.Scale, grid.Images.shape[3] * grid.Scale);
        var html = new StringBuilder($"<div style=\"display:grid;grid-template-columns:repeat({grid.Columns},{width}px);gap:6px;overflow-x:auto\">");
        for (var i = 0; i < grid.Images.shape[0]; i++)
        {
            using var image = grid.Images[i];
            var caption = grid.Captions?[i] ?? "";
            html.Append($"<figure style=\"margin:0\">{Markup.Image(Pictures.Image(image), width, height, caption)}");
            if (caption.Length > 0) html.Append($"<figcaption>{Markup.Escape(caption)}</figcaption>");
            html.Append("</figure>\n");
        }

        return Markup.Output(html.Append("</div>").ToString());
    }

    private static string ToText(ImageGrid grid)
    {
        if (grid.Images.IsInvalid) return "ImageGrid, disposed: its pictures are gone.";
        var size = $"{grid.Images.shape[0]} {(grid.Images.shape[0] == 1 ? "picture" : "pictures")}, {grid.Images.shape[2]} x {grid.Images.shape[3]}";
        return grid.Captions is null ? size : $"{size}: {string.Join(", ", grid.Captions)}";
    }
}

/// <summary>Weights of tokens over the picture they were cut from.</summary>
internal static class TokenMapFormatter
{
    public static void Register() => Format.Register<TokenMap>(
        (Format.Html, ToHtml), (Format.Png, map => IsGone(map) ? "" : Convert.ToBase64String(Pictures.TokenMap(map))), (Format.Text, ToText));

    private static string ToHtml(TokenMap map)
    {
        if (IsGone(map)) return Markup.Output(Markup.Escape(ToText(map)));
        var picture = Pictures.TokenMap(map with { Title = "" }); // HTML has the title as text
        var size = SkiaSharp.SKBitmap.DecodeBounds(picture);
        return Markup.Output(
            $"<figure>{Markup.Image(picture, size.Width, size.Height, map.Title)}<figcaption>{Markup.Escape(Caption(map))}</figcaption></figure>");
    }

    private static string ToText(TokenMap map) => IsGone(map) ? "TokenMap, disposed: its picture or weights are gone." : $"Token map {Caption(map)}";

    private static string Caption(TokenMap map)
    {
        var weights = TensorSummary.Of(map.Weights);
        var title = map.Title.Length > 0 ? $"{map.Title}: " : "";
        return $"{title}{map.Weights.shape[0]} x {map.Weights.shape[1]} tokens, dark {Format.Number(weights.Minimum)} to bright {Format.Number(weights.Maximum)}";
    }

    private static bool IsGone(TokenMap map) => map.Image.IsInvalid || map.Weights.IsInvalid;
}
