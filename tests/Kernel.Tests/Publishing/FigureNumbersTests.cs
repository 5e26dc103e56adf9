using System.Text.Json.Nodes;
using Lab.Kernel.Publishing;

namespace Kernel.Tests.Publishing;

public class FigureNumbersTests
{
    [Fact]
    public void Fractions_keep_six_digits_and_all_else_stays()
    {
        var figure = JsonNode.Parse("""{"x":[0.15600936114788055,1234567890123,-2.5,null,"0.15600936114788055",1e-9],"deep":{"y":[[12345.6789]],"on":true,"size":0.3333333333}}""")!;
        FigureNumbers.Round(figure);
        Assert.Equal("""{"x":[0.156009,1234567890123,-2.5,null,"0.15600936114788055",1E-09],"deep":{"y":[[12345.7]],"on":true,"size":0.333333}}""", figure.ToJsonString());
    }
}
