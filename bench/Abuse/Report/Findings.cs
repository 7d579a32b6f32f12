using System.Globalization;
using System.Text;

namespace OrleansLimiter.AbuseBench.Report;

/// <summary>
/// What an attack found, in the order of finding: figures, and verdicts where something must hold. Safe for use by many threads.
/// </summary>
internal sealed class Findings
{
    private readonly Lock _gate = new();
    private readonly List<Finding> _rows = [];

    /// <summary>Whether everything held that must hold, and something had to.</summary>
    public bool AllHeld
    {
        get
        {
            lock (_gate)
                return _rows.Any(row => row.Held is not null) && _rows.All(row => row.Held != false);
        }
    }

    /// <summary>Adds a figure that may be what it is.</summary>
    public void Tell(string what, FormattableString value) =>
        Add(new Finding(what, value.ToString(CultureInfo.InvariantCulture), string.Empty, null));

    /// <summary>Adds a verdict.</summary>
    /// <param name="held">Whether it held.</param>
    /// <param name="what">What was looked at.</param>
    /// <param name="value">What it was.</param>
    /// <param name="must">What it must be.</param>
    public void Check(bool held, string what, FormattableString value, FormattableString must) =>
        Add(new Finding(what, value.ToString(CultureInfo.InvariantCulture), must.ToString(CultureInfo.InvariantCulture), held));

    /// <summary>Adds a verdict in plain words.</summary>
    public void Check(bool held, string what, string value, string must) => Add(new Finding(what, value, must, held));

    /// <summary>Adds a figure that must not be larger.</summary>
    public void AtMost(string what, double value, double bound, string unit) =>
        Check(value <= bound, what, $"{value:0.##} {unit}", $"at most {bound:0.##}");

    /// <summary>Adds a figure that must not be smaller.</summary>
    public void AtLeast(string what, double value, double bound, string unit) =>
        Check(value >= bound, what, $"{value:0.##} {unit}", $"at least {bound:0.##}");

    /// <summary>Adds a count that must be exactly this.</summary>
    public void Equal(string what, long value, long expected) => Check(value == expected, what, $"{value}", $"{expected}");

    /// <summary>The rows as a table in Markdown.</summary>
    public string ToTable(string title)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"| {title} | found | must be | |\n|---|---:|---:|---|\n");
        lock (_gate)
        {
            foreach (var row in _rows)
                text.Append(CultureInfo.InvariantCulture,
                    $"| {row.What} | {row.Value} | {row.Must} | "
                    + $"{row.Held switch { true => "ok", false => "FAILED", null => string.Empty }} |\n");
        }

        return text.ToString();
    }

    private void Add(Finding row)
    {
        lock (_gate)
            _rows.Add(row);
    }

    /// <summary>A row.</summary>
    private sealed record Finding(string What, string Value, string Must, bool? Held);
}
