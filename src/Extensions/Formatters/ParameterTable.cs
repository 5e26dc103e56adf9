using Lab.Extensions.Widgets;

namespace Lab.Extensions.Formatters;

/// <summary>What <c>#!params</c> shows where nobody can turn anything.</summary>
internal sealed record ParameterTable(Table Table)
{
    public static void Register() => Format.Register<ParameterTable>(
        (Format.Html, parameters => Markup.Output(parameters.Table.ToHtml())), (Format.Text, parameters => parameters.Table.ToText()));
}

/// <summary>What <c>#!params</c> shows front ends: widgets, and the table for those without a widget manager.</summary>
internal sealed record ParameterWidgets(Widget Panel, Table Table)
{
    public static void Register() => Format.Register<ParameterWidgets>(
        (Format.WidgetView, parameters => WidgetFormatter.View(parameters.Panel)),
        (Format.Html, parameters => Markup.Output(parameters.Table.ToHtml())), (Format.Text, parameters => parameters.Table.ToText()));
}
