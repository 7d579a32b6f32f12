using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Policies;

/// <summary>
/// What a tier's multiplier does: the bucket algorithms keep their rate and hold so many times the burst; the others have so many
/// times the limit. In every bandwidth.
/// </summary>
internal static class TierScaling
{
    /// <summary>Scales every bandwidth, or complains about those that would be out of bounds.</summary>
    public static bool TryScale(
        Algorithm algorithm,
        IReadOnlyList<BandwidthEntry> entries,
        IReadOnlyList<Bandwidth> bandwidths,
        string tier,
        long multiplier,
        SettingErrors errors,
        out List<Bandwidth> scaled)
    {
        scaled = [];
        for (var i = 0; i < bandwidths.Count; i++)
        {
            var (limit, burst) = Scale(algorithm, bandwidths[i], multiplier);
            if (Bandwidth.TryCreate(limit, bandwidths[i].Window, burst, out var bandwidth, out var error))
                scaled.Add(bandwidth);
            else
                entries[i].Complain(error, tier, errors);
        }

        return scaled.Count == bandwidths.Count;
    }

    private static (long Limit, long? Burst) Scale(Algorithm algorithm, Bandwidth bandwidth, long multiplier) =>
        algorithm is Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket
            ? (bandwidth.Limit, bandwidth.Capacity * multiplier)
            : (bandwidth.Limit * multiplier, bandwidth.Burst);
}
