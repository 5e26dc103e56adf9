using System.Text.Json.Nodes;
using Lab.Plots;
using TorchSharp;
using static TorchSharp.torch;

namespace Lab.Extensions.Formatters;

/// <summary>Tensors: what they are, statistics, the first values, and a picture where one says something.</summary>
internal static class TensorFormatter
{
    private const int FirstValues = 8, LongestSide = 256, ScreenSide = 256;

    public static void Register() => Format.Register<Tensor>((Format.Html, ToHtml), (Format.Text, ToText), (Format.Tensor, ToJson));

    public static string ToText(Tensor tensor) => string.Join('\n', Lines(tensor));

    public static string ToHtml(Tensor tensor)
    {
        var lines = Lines(tensor);
        var text = $"<b>{Markup.Escape(lines[0])}</b>" + string.Concat(lines.Skip(1).Select(line => $"<br><code>{Markup.Escape(line)}</code>"));
        return Markup.Output(tensor.IsInvalid ? text : text + Picture(tensor));
    }

    /// <summary>The same for programs that read notebooks. Of a type of its own: plain JSON would stand in JupyterLab in place of the HTML.</summary>
    public static string ToJson(Tensor tensor)
    {
        if (tensor.IsInvalid) return new JsonObject { ["disposed"] = true }.ToJsonString();
        var json = new JsonObject
        {
            ["dtype"] = Name(tensor.dtype),
            ["shape"] = new JsonArray([.. tensor.shape.Select(length => JsonValue.Create(length))]),
            ["device"] = tensor.device.ToString(),
        };
        if (tensor.numel() == 0 || !HoldsRealValues(tensor)) return json.ToJsonString();

        var summary = TensorSummary.Of(tensor);
        foreach (var (name, value) in new[] { ("min", summary.Minimum), ("mean", summary.Mean), ("max", summary.Maximum), ("std", summary.Deviation) })
            if (double.IsFinite(value)) json[name] = value; // JSON has no other numbers
        (json["nan"], json["inf"], json["sampled"]) = (summary.NaNs, summary.Infinities, summary.Sampled);
        return json.ToJsonString();
    }

    private static IReadOnlyList<string> Lines(Tensor tensor)
    {
        if (tensor.IsInvalid) return ["Tensor, disposed: its values are gone."];

        var head = $"Tensor {Name(tensor.dtype)} [{string.Join(", ", tensor.shape)}] on {tensor.device}{(tensor.requires_grad ? ", requires grad" : "")}";
        if (tensor.numel() == 0) return [head, "no values"];
        if (!HoldsRealValues(tensor)) return [head, $"{Format.Count(tensor.numel())} values"];
        if (tensor.dim() == 0) return [head, $"value {First(tensor)}"];
        return [head, Statistics(tensor, TensorSummary.Of(tensor)), First(tensor)];
    }

    private static string Statistics(Tensor tensor, TensorSummary summary)
    {
        var line = $"min {Format.Number(summary.Minimum)}  mean {Format.Number(summary.Mean)}  max {Format.Number(summary.Maximum)}  std {Format.Number(summary.Deviation)}";
        if (summary.NaNs > 0) line += $"  NaN {Format.Count(summary.NaNs)}";
        if (summary.Infinities > 0) line += $"  Inf {Format.Count(summary.Infinities)}";
        return summary.Sampled == tensor.numel() ? line : $"{line}  (of {Format.Count(summary.Sampled)} of the {Format.Count(tensor.numel())} values)";
    }

    // t[0, 0, :8] = 1, 2, ...
    private static string First(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var row = tensor.detach();
        while (row.dim() > 1) row = row[0];
        var count = row.dim() == 0 ? 1 : (int)Math.Min(row.shape[0], FirstValues);
        var values = row.reshape(-1)[..count].to(tensor.dtype == ScalarType.Bool ? ScalarType.Bool : tensor.is_floating_point() ? ScalarType.Float64 : ScalarType.Int64, CPU);
        var text = tensor.dtype switch
        {
            ScalarType.Bool => values.data<bool>().Select(v => v ? "true" : "false"),
            _ when tensor.is_floating_point() => values.data<double>().Select(v => Format.Number(v)),
            _ => values.data<long>().Select(v => v.ToString()),
        };
        if (tensor.dim() == 0) return text.Single();

        var place = string.Concat(Enumerable.Repeat("0, ", (int)tensor.dim() - 1));
        var more = row.shape[0] > count;
        return $"[{place}{(more ? $":{count}" : ":")}] = {string.Join(", ", text)}{(more ? ", ..." : "")}";
    }

    private static string Picture(Tensor tensor)
    {
        if (tensor.dim() < 2 || tensor.numel() == 0 || !HoldsRealValues(tensor)) return "";

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (LooksLikeImage(tensor))
        {
            var image = Shrink(tensor.detach());
            return Figure(Pictures.Image(image), image, "as a picture", Shrunk(tensor, image));
        }

        var last = tensor.detach();
        while (last.dim() > 2) last = last[0];
        if (last.shape.Min() < 2) return "";
        var matrix = Shrink(last);
        var place = tensor.dim() == 2 ? "" : $"[{string.Concat(Enumerable.Repeat("0, ", (int)tensor.dim() - 2))}:, :], ";
        var finite = TensorSummary.Of(matrix);
        var scale = $"{place}dark {Format.Number(finite.Minimum)} to bright {Format.Number(finite.Maximum)}";
        return Figure(Pictures.HeatMap(matrix), matrix, "heat map",
            string.Join(", ", new[] { scale, Shrunk(last, matrix), finite.NaNs + finite.Infinities > 0 ? "magenta: not finite" : "" }.Where(part => part.Length > 0)));
    }

    private static string Shrunk(Tensor whole, Tensor shown) =>
        shown.shape.SequenceEqual(whole.shape) ? "" : $"shrunk from {whole.shape[^2]} x {whole.shape[^1]}";

    private static string Figure(byte[] png, Tensor pixels, string description, string caption)
    {
        var (height, width) = (pixels.shape[^2], pixels.shape[^1]);
        var scale = Math.Clamp(ScreenSide / Math.Max(height, width), 1, 16);
        return $"<br><figure>{Markup.Image(png, width * scale, height * scale, description)}<figcaption>{Markup.Escape(caption)}</figcaption></figure>";
    }

    private static bool LooksLikeImage(Tensor tensor)
    {
        if (tensor.dim() != 3 || tensor.shape[0] is not (1 or 3) || !tensor.is_floating_point() || tensor.shape[1] < 8 || tensor.shape[2] < 8) return false;
        var summary = TensorSummary.Of(tensor);
        return summary.Minimum >= 0 && summary.Maximum <= 1;
    }

    // Thinned where it lies, as a view, then averaged there: only a small matrix is ever copied from a GPU.
    private static Tensor Shrink(Tensor planes)
    {
        const int before = 8 * LongestSide;
        for (var side = -2; side < 0; side++)
        {
            var length = planes.shape[planes.dim() + side];
            if (length > before) planes = planes.slice(planes.dim() + side, 0, length, (length + before - 1) / before);
        }

        var (height, width) = (planes.shape[^2], planes.shape[^1]);
        if (Math.Max(height, width) <= LongestSide) return planes.to(ScalarType.Float32, CPU);
        long[] size = [Math.Min(height, LongestSide), Math.Min(width, LongestSide)];
        var batch = planes.to(ScalarType.Float32).reshape([1, -1, height, width]);
        return nn.functional.adaptive_avg_pool2d(batch, size).reshape([.. planes.shape[..^2], .. size]).to(CPU);
    }

    private static bool HoldsRealValues(Tensor tensor) =>
        !tensor.is_complex() && !tensor.is_sparse && tensor.device_type != DeviceType.META;

    private static string Name(ScalarType type) => type switch
    {
        ScalarType.Byte => "uint8",
        _ => type.ToString().ToLowerInvariant(),
    };
}
