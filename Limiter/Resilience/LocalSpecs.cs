using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Resilience;

/// <summary>
/// One front end's share of each spec: limits and bursts divided by the number of front ends, rounded down, at least 1. Safe for use by
/// many threads.
/// </summary>
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
        // A quotient may lack the divisors that made its dividend's products small enough. Halved often enough it fits; 1 always does.
        for (var halvings = 0; ; halvings++)
        {
            var bandwidths = spec.Bandwidths.Select(bandwidth => Divide(bandwidth, halvings)).ToList();
            if (LimitSpec.TryCreate(spec.Algorithm, bandwidths, spec.Version.Revision, out var share, out _))
                return share;
        }
    }

    private Bandwidth Divide(Bandwidth bandwidth, int halvings) => Bandwidth.Of(
        ShareOf(bandwidth.Limit, halvings),
        bandwidth.Window,
        bandwidth.Burst is { } burst ? ShareOf(burst, halvings) : null);

    private long ShareOf(long permits, int halvings) => Math.Max(1, permits / frontEnds >> halvings);

    /// <summary>A front end's share.</summary>
    /// <param name="Spec">The spec that its local engine counts under.</param>
    /// <param name="Bandwidths">Each of its bandwidths as a spec of its own.</param>
    internal sealed record Share(LimitSpec Spec, LimitSpec[] Bandwidths);
}
