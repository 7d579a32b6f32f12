using System.Globalization;
using System.Text;

namespace OrleansLimiter.Hosting.Metrics;

/// <summary>
/// Writes what was collected in Prometheus' text format, version 0.0.4, under the names that OpenTelemetry's specification gives
/// (dots become underscores, the unit and <c>_total</c> are added). The endings of a histogram's series fall away from gauges' names, as
/// <c>promtool</c> demands: <c>dotnet.timer.count</c> is <c>dotnet_timer</c>.
/// </summary>
internal static class PrometheusText
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds",
        ["ms"] = "milliseconds",
        ["us"] = "microseconds",
        ["ns"] = "nanoseconds",
        ["By"] = "bytes",
        ["KiBy"] = "kibibytes",
        ["MiBy"] = "mebibytes",
        ["%"] = "percent",
    };

    private static readonly string[] OfHistograms = ["_count", "_sum", "_bucket"];

    /// <summary>Writes all families, by name.</summary>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var group in families.GroupBy(NameOf).OrderBy(group => group.Key, StringComparer.Ordinal))
            Write(text, group.Key, group.First(), [.. group]);
        return text.ToString();
    }

    public static string NameOf(MetricFamily family)
    {
        var name = new StringBuilder();
        foreach (var c in family.Instrument.Name)
            name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        var taken = family.Kind != MetricKind.Gauge
            ? null
            : OfHistograms.FirstOrDefault(ending => name.ToString().EndsWith(ending, StringComparison.Ordinal));
        name.Length -= taken?.Length ?? 0;
        var unit = UnitOf(family);
        if (unit.Length > 0 && !name.ToString().EndsWith("_" + unit, StringComparison.Ordinal))
            name.Append('_').Append(unit);
        if (family.Kind == MetricKind.Counter && !name.ToString().EndsWith("_total", StringComparison.Ordinal))
            name.Append("_total");
        return name.ToString();
    }

    private static string UnitOf(MetricFamily family)
    {
        var unit = family.Instrument.Unit ?? string.Empty;
        if (unit == "1")
            return family.Kind == MetricKind.Gauge ? "ratio" : string.Empty;
        return Units.GetValueOrDefault(unit, string.Empty); // what stands in braces is a remark, no unit
    }

    private static void Write(StringBuilder text, string name, MetricFamily first, IReadOnlyList<MetricFamily> families)
    {
        text.Append("# HELP ").Append(name).Append(' ')
            .Append(first.Description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
            .Append('\n');
        if (UnitOf(first) is { Length: > 0 } unit)
            text.Append("# UNIT ").Append(name).Append(' ').Append(unit).Append('\n');
        text.Append("# TYPE ").Append(name).Append(' ').Append(first.Kind.ToString().ToLowerInvariant()).Append('\n');
        foreach (var family in families.Where(family => family.Kind == first.Kind))
        {
            foreach (var series in family.Series)
            {
                if (series is HistogramSeries histogram)
                    WriteHistogram(text, name, family.Bounds, histogram);
                else
                    WriteLine(text, name, series.Tags, null, Number(series.Value));
            }
        }
    }

    private static void WriteHistogram(StringBuilder text, string name, double[] bounds, HistogramSeries histogram)
    {
        var (counts, sum) = histogram.Read();
        var total = 0L;
        for (var i = 0; i < counts.Length; i++)
        {
            total += counts[i];
            WriteLine(text, name + "_bucket", histogram.Tags, i < bounds.Length ? Number(bounds[i]) : "+Inf",
                total.ToString(CultureInfo.InvariantCulture));
        }

        WriteLine(text, name + "_sum", histogram.Tags, null, Number(sum));
        WriteLine(text, name + "_count", histogram.Tags, null, total.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteLine(StringBuilder text, string name, MetricTags tags, string? bound, string value)
    {
        text.Append(name);
        var separator = '{';
        foreach (var (key, tag) in tags.Items)
        {
            WriteLabel(text, separator, key, Convert.ToString(tag, CultureInfo.InvariantCulture) ?? string.Empty);
            separator = ',';
        }

        if (bound is not null)
        {
            WriteLabel(text, separator, "le", bound);
            separator = ',';
        }

        text.Append(separator == ',' ? "} " : " ").Append(value).Append('\n');
    }

    private static void WriteLabel(StringBuilder text, char separator, string name, string value)
    {
        text.Append(separator);
        foreach (var c in name)
            text.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        text.Append("=\"");
        foreach (var c in value)
        {
            _ = c switch
            {
                '\\' => text.Append("\\\\"),
                '"' => text.Append("\\\""),
                '\n' => text.Append("\\n"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
