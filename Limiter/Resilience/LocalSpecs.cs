using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Limiter;

/// <summary>One front end's share of each spec: limits and bursts divided by the number of front ends, rounded down, at least 1. Safe for use by many threads.</summary>
internal sealed class LocalSpecs(int frontEnds)
{
    private readonly ConditionalWeakTable<LimitSpec, Share> _shares = [];

    /// <summary>How many front ends share the limits.</summary>
    public int FrontEnds => frontEnds;

    /// <summary>The share of a spec: the same object at every call.</summary>
    public Share For(LimitSpec spec) => _shares.GetValue(spec, Divided);

    private Share Divided(LimitSpec spec)
    {
        var share = frontEnds == 1 ? spec : Divide(spec);
        return new Share(share, [.. share.Bandwidths.Select(bandwidth => LimitSpec.Of(share.Algorithm, bandwidth))]);
    }

    private LimitSpec Divide(LimitSpec spec)
    {
        // A quotient may lack the divisors that made its dividend's products small. Rounded down to fewer digits it gets them back; 1 always fits.
        for (var unit = 1L; ; unit *= 10)
        {
            var bandwidths = spec.Bandwidths.Select(bandwidth => Divide(bandwidth, unit)).ToList();
            if (LimitSpec.TryCreate(spec.Algorithm, bandwidths, spec.Version.Revision, out var share, out _))
                return share;
        }
    }

    private Bandwidth Divide(Bandwidth bandwidth, long unit) => Bandwidth.Of(
        ShareOf(bandwidth.Limit, unit),
        bandwidth.Window,
        bandwidth.Burst is { } burst ? ShareOf(burst, unit) : null);

    private long ShareOf(long permits, long unit) => Math.Max(1, permits / frontEnds / unit * unit);

    /// <summary>A front end's share.</summary>
    /// <param name="Spec">The spec that its local engine counts under.</param>
    /// <param name="Bandwidths">Each of its bandwidths as a spec of its own.</param>
    internal sealed record Share(LimitSpec Spec, LimitSpec[] Bandwidths);
}
