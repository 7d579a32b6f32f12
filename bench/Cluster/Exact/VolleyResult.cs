using System.Globalization;

namespace OrleansLimiter.ClusterBench.Exact;

/// <summary>How one volley was answered.</summary>
/// <param name="Admitted">200.</param>
/// <param name="Refused">429.</param>
/// <param name="Unavailable503">503.</param>
/// <param name="Other">Other statuses, and requests without an answer.</param>
/// <param name="Sources">Who decided, and how often.</param>
/// <param name="SentWithin">From the first request's last byte to the last one's.</param>
/// <param name="AnsweredAfter">From the first request's last byte to the last answer.</param>
internal sealed record VolleyResult(
    int Admitted, int Refused, int Unavailable503, int Other, string Sources, TimeSpan SentWithin, TimeSpan AnsweredAfter)
{
    /// <summary>The cells of a table's row.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Admitted} | {Refused} | {Unavailable503} | {Other} | {Sources} | {SentWithin.TotalMilliseconds:0.0} | "
            + $"{AnsweredAfter.TotalMilliseconds:0.0}");
}
