using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Shop.Sales;

/// <summary>Instants as JSON tells them: UTC, as in <c>2026-11-22T00:01:00Z</c>.</summary>
internal static class WireTime
{
    /// <summary>The time that an instant is.</summary>
    public static DateTime Of(Instant instant) =>
        new(DateTime.UnixEpoch.Ticks + instant.Microseconds * TimeSpan.TicksPerMicrosecond, DateTimeKind.Utc);
}
