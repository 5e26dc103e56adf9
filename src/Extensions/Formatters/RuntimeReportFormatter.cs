using Lab.Runtime;

namespace Lab.Extensions.Formatters;

/// <summary>What <c>#!lab</c> shows.</summary>
internal static class RuntimeReportFormatter
{
    public static void Register() => Format.Register<RuntimeReport>(
        (Format.Html, report => Markup.Output(Table(report).ToHtml())), (Format.Text, report => Table(report).ToText()));

    private static Table Table(RuntimeReport report) => new(
        [new("what"), new("here")],
        [
            ["Lab", report.LabVersion],
            [".NET", report.DotNet],
            ["TorchSharp", report.TorchSharp],
            ["libtorch", $"{report.Libtorch} ({report.LibtorchSource})"],
            ["devices", string.Join(", ", report.Devices)],
            ["threads", report.Threads.ToString()],
            ["live tensors", Format.Count(report.LiveTensors)],
            ["memory of the process", $"{Format.Bytes(report.WorkingSetBytes)}, of it .NET objects {Format.Bytes(report.ManagedBytes)}"],
        ]);
}
