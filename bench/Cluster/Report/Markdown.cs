using System.Globalization;
using System.Text;

namespace OrleansLimiter.ClusterBench.Report;

/// <summary>The figures of a run that one looks at first, as tables.</summary>
internal static class Markdown
{
    public static string Of(LoadReport report)
    {
        var text = new StringBuilder();
        var (options, totals, generator) = (report.Options, report.Totals, report.Generator);
        Line(text, $"{options.Rate}/s for {options.Seconds} s on {options.Keys} keys of `{options.Policy}`, seed {options.Seed}, "
            + $"{string.Join(", ", options.Urls.Select(url => url.Authority))}");
        Line(text, $"");
        Line(text, $"| figure | value |");
        Line(text, $"|---|---|");
        Line(text, $"| requests | {totals.Requests} |");
        Line(text, $"| 200 / 429 | {totals.Admitted200} / {totals.Refused429} |");
        Line(text, $"| sources of these | {Counts(totals.Sources)} |");
        Line(text, $"| 5xx and without answer | {totals.Errors}{Detail(totals.ErrorsByKind)} |");
        if (totals.OtherStatuses.Count > 0)
            Line(text, $"| other answers | {Counts(totals.OtherStatuses)} |");
        foreach (var within in report.AnsweredWithin)
            Line(text, $"| answered within {within.Ms} ms | {within.Requests} = {within.Percent:0.####} % |");
        Line(text, $"| p50 / p99 / p99.9 / p99.99 / max, ms | {Latencies(report.LatencyMs)} |");
        var windows = report.AdmittedInAnyWindow;
        Line(text, $"| most admitted to a key in any {windows.Seconds} s, by receipt | {Maximum(windows.ByReceived)} |");
        Line(text, $"| the same by due time | {Maximum(windows.ByDue)} |");
        Line(text, $"| the same for certain | {Maximum(windows.Certain)} |");
        Line(text, $"| of each source alone, for certain | {Counts(windows.OfEachSource)} |");
        Line(text, $"| generator: CPU / sent late p99, max | {generator.CpuPercentOfOneCore:0.0} % of a core / "
            + $"{generator.SentLateMs?.P99:0.0}, {generator.SentLateMs?.Max:0.0} ms |");
        Line(text, $"| generator: connections / most waiting | {generator.ConnectionsOpened} / {generator.MostWaiting} |");
        if (report.Marks.Count > 0)
        {
            Line(text, $"");
            Line(text, $"| mark | at, s | for, s | first local, ms | last local, ms | local answers | keys local | of these later than "
                + $"{options.SettleMs / 1000} s | errors | p99, ms | max, ms |");
            Line(text, $"|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            foreach (var mark in report.Marks)
                Line(text, $"| {mark.Name} | {mark.AtSeconds:0.0} | {mark.ForSeconds:0.0} | {mark.FirstLocalMs:0} | {mark.LastLocalMs:0} | "
                    + $"{mark.LocalAnswers} | {mark.KeysLocal} | {mark.KeysLocalLate} | {mark.Errors} | {mark.LatencyMs?.P99:0.0} | "
                    + $"{mark.LatencyMs?.Max:0.0} |");
        }

        foreach (var recovery in report.Recoveries)
            Line(text, $"{(recovery == report.Recoveries[0] ? "\n" : "")}- last `local` answer at {recovery.LastLocalSeconds:0.000} s, "
                + $"then {recovery.ThenWholeSeconds} whole seconds without one");
        return text.ToString();
    }

    private static string Counts<T>(IReadOnlyDictionary<string, T> counts) =>
        counts.Count == 0 ? "none" : string.Join(", ", counts.Select(count => $"{count.Key} {count.Value}"));

    private static string Detail(IReadOnlyDictionary<string, int> kinds) => kinds.Count == 0 ? "" : $" ({Counts(kinds)})";

    private static string Maximum(WindowReport.Reading reading) =>
        reading.Key is null ? "0" : string.Create(
            CultureInfo.InvariantCulture, $"{reading.Permits} ({Counts(reading.BySource)}), from {reading.FromSeconds:0.000} s");

    private static string Latencies(LatencySummary? latency) => latency is null ? "" : string.Create(CultureInfo.InvariantCulture,
        $"{latency.P50:0.00} / {latency.P99:0.00} / {latency.P999:0.00} / {latency.P9999:0.00} / {latency.Max:0.00}");

    private static void Line(StringBuilder text, string line) =>
        text.Append(line).Append('\n');
}
