using System.Text.Json.Nodes;
using Lab.Extensions.Widgets;

namespace Lab.Extensions.Formatters;

/// <summary>Widgets as the reference by which a widget manager finds their model; as text without one.</summary>
internal static class WidgetFormatter
{
    public static void Register()
    {
        Format.Register<Widget>((Format.WidgetView, View), (Format.Text, widget => widget is Control control ? $"{widget.GetType().Name}: {control.Boxed}" : widget.GetType().Name));
        Format.Register<LiveFailure>(
            (Format.Html, failure => Markup.Output($"<span class=\"bad\">{Markup.Escape(Message(failure))}</span>")), (Format.Text, Message));
    }

    /// <returns>The reference.</returns>
    public static string View(Widget widget) => new JsonObject { ["model_id"] = widget.ModelId, ["version_major"] = 2, ["version_minor"] = 0 }.ToJsonString();

    private static string Message(LiveFailure failure) => $"{failure.Cause.GetType().Name}: {failure.Cause.Message}";
}
