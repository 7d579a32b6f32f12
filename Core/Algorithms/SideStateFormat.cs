using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Algorithms;

/// <summary>
/// The spec of a state aside in a snapshot: the algorithm's number, the count of bandwidths, and for each limit, window in us and burst (0
/// for none). Its revision is that of the key's spec.
/// </summary>
internal static class SideStateFormat
{
    /// <summary>How many numbers a bandwidth has.</summary>
    public const int NumbersPerBandwidth = 3;

    public static void WriteSpec(ImmutableArray<long>.Builder numbers, LimitSpec spec)
    {
        numbers.AddRange((long)spec.Algorithm, spec.Bandwidths.Length);
        foreach (var bandwidth in spec.Bandwidths)
            numbers.AddRange(bandwidth.Limit, bandwidth.WindowMicroseconds, bandwidth.Burst ?? 0);
    }

    /// <summary>Reads a spec; false for what is none.</summary>
    public static bool TryReadSpec(long algorithm, ReadOnlySpan<long> numbers, long revision, [NotNullWhen(true)] out LimitSpec? spec)
    {
        spec = null;
        var bandwidths = new Bandwidth[numbers.Length / NumbersPerBandwidth];
        for (var i = 0; i < bandwidths.Length; i++)
        {
            var of = numbers.Slice(NumbersPerBandwidth * i, NumbersPerBandwidth);
            if (of[1] is < 0 or > long.MaxValue / TimeSpan.TicksPerMicrosecond)
                return false;
            var window = new TimeSpan(of[1] * TimeSpan.TicksPerMicrosecond);
            if (!Bandwidth.TryCreate(of[0], window, of[2] == 0 ? null : of[2], out var bandwidth, out _))
                return false;
            bandwidths[i] = bandwidth;
        }

        return algorithm is >= (long)Algorithm.TokenBucket and <= (long)Algorithm.Concurrency
            && LimitSpec.TryCreate((Algorithm)algorithm, bandwidths, revision, out spec, out _);
    }
}
