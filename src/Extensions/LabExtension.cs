using System.Globalization;
using System.Reflection;
using Lab.Abstractions;
using Lab.Extensions;
using Lab.Extensions.Formatters;
using Lab.Extensions.Magics;
using Lab.Plots;
using Lab.Runtime;
using Microsoft.Data.Analysis;
using Plotly.NET;
using TorchSharp;

[assembly: NotebookExtension(typeof(LabExtension))]

namespace Lab.Extensions;

/// <summary>What Lab adds to a C# notebook: its library in every cell, magics, and formatters for what research code holds.</summary>
public sealed class LabExtension : INotebookExtension
{
    /// <summary>Nothing is loaded before <see cref="Load"/>.</summary>
    public LabExtension() => Magics =
        [LabMagic.Command, LabMagic.About, PaperMagic.Command, new ParamsMagic(Session).Command, new RunsMagic(Session, () => Environment).Command, SourceMagic.Command, TimeMagic.Command, TokensMagic.Command];

    /// <summary>What the magics know of the session as a whole.</summary>
    internal SessionRun Session { get; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<MagicCommand> Magics { get; }

    /// <summary>Lab's namespaces except those of single papers, which a paper's notebook opens itself, and those of the libraries it stands on.</summary>
    /// <remarks>Plotly.NET's functions for C#; its namespace for F# has a <c>Chart</c> too, and cells would have to say which.</remarks>
    public IReadOnlyList<string> Imports { get; } =
    [
        .. typeof(NativeTorch).Assembly.GetExportedTypes().Select(type => type.Namespace!).Where(name => !name.StartsWith("Lab.Papers.", StringComparison.Ordinal)).Distinct().Order(),
        "Lab.Extensions", "Lab.Extensions.Widgets", "TorchSharp", "static TorchSharp.torch", "Plotly.NET.CSharp", "Microsoft.Data.Analysis",
    ];

    /// <inheritdoc/>
    public IReadOnlyList<Assembly> References { get; } =
    [
        typeof(NativeTorch).Assembly, typeof(LabExtension).Assembly, typeof(Notebook).Assembly, typeof(torch).Assembly,
        typeof(GenericChart).Assembly, typeof(Plotly.NET.CSharp.Chart).Assembly, typeof(DynamicObj.DynamicObj).Assembly,
        typeof(Microsoft.FSharp.Core.Unit).Assembly, typeof(DataFrame).Assembly, typeof(SkiaSharp.SKBitmap).Assembly,
    ];

    /// <inheritdoc/>
    public IReadOnlyList<ScriptResource> Scripts { get; } = [new(ChartFormatter.ScriptFile, Format.Plotly, OpenPlotly) { Draw = ChartFormatter.Draw }];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment
    {
        get
        {
            var now = RuntimeReport.Now();
            return new Dictionary<string, string>
            {
                ["lab"] = now.LabVersion,
                ["dotnet"] = now.DotNet,
                ["torchsharp"] = now.TorchSharp,
                ["libtorch"] = now.Libtorch,
                ["devices"] = string.Join(", ", now.Devices),
                ["threads"] = now.Threads.ToString(CultureInfo.InvariantCulture),
            };
        }
    }

    /// <inheritdoc/>
    public void Load()
    {
        TensorFormatter.Register();
        ImageGridFormatter.Register();
        TokenMapFormatter.Register();
        TokenFormatter.Register();
        ChartFormatter.Register();
        DataFrameFormatter.Register();
        ModuleFormatter.Register();
        ModelSummaryFormatter.Register();
        TrainingFormatter.Register(Session);
        ClaimsFormatter.Register(Session);
        PaperFormatter.Register();
        RuntimeReportFormatter.Register();
        SourceFormatter.Register();
        ParameterTable.Register();
        ParameterWidgets.Register();
        WidgetFormatter.Register();
        Format.Register<WallTime>((Format.Text, time => time.ToString()));
        Defaults.DefaultTemplate = Charts.Template; // charts made with Plotly.NET alone read on dark ground too
    }

    // Plotly.NET carries the plotly.js that it was written for.
    private static Stream OpenPlotly()
    {
        var assembly = typeof(GenericChart).Assembly;
        var name = assembly.GetManifestResourceNames().Single(name => name.EndsWith(".min.js", StringComparison.Ordinal));
        return assembly.GetManifestResourceStream(name)!;
    }
}
