namespace Lab.Extensions.Formatters;

/// <summary>What <c>#!params</c> shows.</summary>
internal sealed record ParameterTable(Table Table)
{
    public static void Register() => Format.Register<ParameterTable>(
        (Format.Html, parameters => Markup.Output(parameters.Table.ToHtml())), (Format.Text, parameters => parameters.Table.ToText()));
}
