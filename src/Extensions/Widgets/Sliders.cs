namespace Lab.Extensions.Widgets;

/// <summary>A whole number between two ends.</summary>
public sealed class IntSlider : Control<int>
{
    /// <param name="value">At first.</param>
    /// <param name="min">Lower end.</param>
    /// <param name="max">Upper end.</param>
    /// <param name="description">Beside the slider.</param>
    /// <param name="step">Distance of neighbouring values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside, or the step is not above zero.</exception>
    public IntSlider(int value, int min, int max, string description = "", int step = 1)
        : base("IntSlider", new()
        {
            ["value"] = Slider.Within(value, min, max), ["min"] = min, ["max"] = max, ["step"] = Slider.Positive(step), ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference,
        })
    {
    }
}

/// <summary>A real number between two ends.</summary>
public sealed class FloatSlider : Control<double>
{
    /// <param name="value">At first.</param>
    /// <param name="min">Lower end.</param>
    /// <param name="max">Upper end.</param>
    /// <param name="description">Beside the slider.</param>
    /// <param name="step">Distance of neighbouring values; when null, a power of ten below a fiftieth of the range on whose grid the value lies.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside, or the step is not above zero.</exception>
    public FloatSlider(double value, double min, double max, string description = "", double? step = null)
        : base("FloatSlider", new()
        {
            ["value"] = Slider.Within(value, min, max), ["min"] = min, ["max"] = max, ["step"] = Slider.Positive(step ?? Step(value, min, max)),
            ["readout_format"] = ".3g", ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference,
        })
    {
    }

    // A value between two places would jump to one of them when the slider is first shown.
    private static double Step(double value, double min, double max)
    {
        if (max <= min) return 1;
        var step = Math.Pow(10, Math.Floor(Math.Log10((max - min) / 50)));
        for (var finer = 0; finer < 3 && Math.Abs((value - min) / step - Math.Round((value - min) / step)) > 1e-6; finer++) step /= 10;
        return step;
    }
}

/// <summary>A positive number whose order of magnitude is chosen, e.g. a learning rate.</summary>
public sealed class FloatLogSlider : Control<double>
{
    /// <param name="value">At first.</param>
    /// <param name="min">Lower end, above zero.</param>
    /// <param name="max">Upper end.</param>
    /// <param name="description">Beside the slider.</param>
    /// <exception cref="ArgumentOutOfRangeException">The lower end is not above zero, or the value is outside.</exception>
    public FloatLogSlider(double value, double min, double max, string description = "")
        : base("FloatLogSlider", new()
        {
            ["value"] = Slider.Within(value, min, max), ["base"] = 10.0, ["min"] = Math.Log10(Slider.Positive(min)), ["max"] = Math.Log10(max),
            ["step"] = 0.05, ["readout_format"] = ".3g", ["description"] = description, ["style"] = Style.Wide().Reference, ["layout"] = Layout.Wide().Reference,
        })
    {
    }
}

/// <summary>What all sliders check.</summary>
file static class Slider
{
    public static T Within<T>(T value, T min, T max)
        where T : IComparable<T> => value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), $"The value {value} must be within {min} and {max}.");

    public static T Positive<T>(T value)
        where T : System.Numerics.INumber<T> => value > T.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Expected a number above zero, got {value}.");
}
