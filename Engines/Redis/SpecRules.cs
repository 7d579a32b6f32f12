using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// A spec in the bytes that stand in front of every state that is under it, so that a state says itself what it means: algorithm
/// and count (1), revision (8), and for each bandwidth limit (4), window (6), capacity (4). The same version, the same bytes. Numbers are
/// digits of base 255, each one up, so that no byte is zero: tools that take arguments from a command line can send them.
/// </summary>
internal static class SpecRules
{
    private const int HeadLength = 9;
    private const int BandwidthLength = 14;
    private const int CountMask = 15;
    private const int AlgorithmShift = 4;
    private const int Base = 255;

    private static readonly Algorithm[] Algorithms =
    [
        Algorithm.TokenBucket, Algorithm.Gcra, Algorithm.FixedWindow, Algorithm.SlidingWindowCounter, Algorithm.SlidingWindowLog,
        Algorithm.LeakyBucket, Algorithm.Concurrency,
    ];

    /// <summary>An algorithm's number in the scripts: written out, so that none moves by accident.</summary>
    public static int NumberOf(Algorithm algorithm) => Array.IndexOf(Algorithms, algorithm);

    public static byte[] Write(LimitSpec spec)
    {
        var rules = new byte[HeadLength + BandwidthLength * spec.Bandwidths.Length];
        rules[0] = (byte)(NumberOf(spec.Algorithm) << AlgorithmShift | spec.Bandwidths.Length);
        WriteNumber(rules.AsSpan(1, 8), spec.Version.Revision);
        for (var i = 0; i < spec.Bandwidths.Length; i++)
        {
            var place = rules.AsSpan(HeadLength + BandwidthLength * i);
            WriteNumber(place[..4], spec.Bandwidths[i].Limit);
            WriteNumber(place[4..10], spec.Bandwidths[i].WindowMicroseconds);
            WriteNumber(place[10..14], spec.Bandwidths[i].Capacity);
        }

        return rules;
    }

    /// <summary>Reads a spec; false for what is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> rules, [NotNullWhen(true)] out LimitSpec? spec)
    {
        spec = null;
        if (rules.IsEmpty || rules[0] >> AlgorithmShift >= Algorithms.Length
            || rules.Length != HeadLength + BandwidthLength * (rules[0] & CountMask))
            return false;
        var algorithm = Algorithms[rules[0] >> AlgorithmShift];
        var bandwidths = new Bandwidth[rules[0] & CountMask];
        for (var i = 0; i < bandwidths.Length; i++)
        {
            if (!TryRead(algorithm, rules.Slice(HeadLength + BandwidthLength * i, BandwidthLength), out var bandwidth))
                return false;
            bandwidths[i] = bandwidth;
        }

        return LimitSpec.TryCreate(algorithm, bandwidths, ReadNumber(rules[1..9]), out spec, out _);
    }

    private static bool TryRead(Algorithm algorithm, ReadOnlySpan<byte> place, [NotNullWhen(true)] out Bandwidth? bandwidth)
    {
        var microseconds = Math.Clamp(ReadNumber(place[4..10]), 0, long.MaxValue / TimeSpan.TicksPerMicrosecond);
        long? burst = algorithm is Algorithm.TokenBucket or Algorithm.Gcra or Algorithm.LeakyBucket ? ReadNumber(place[10..14]) : null;
        return Bandwidth.TryCreate(
            ReadNumber(place[..4]), new TimeSpan(microseconds * TimeSpan.TicksPerMicrosecond), burst, out bandwidth, out _);
    }

    private static void WriteNumber(Span<byte> place, long number)
    {
        foreach (ref var digit in place)
        {
            digit = (byte)(1 + number % Base);
            number /= Base;
        }
    }

    private static long ReadNumber(ReadOnlySpan<byte> place)
    {
        var number = 0L;
        for (var i = place.Length - 1; i >= 0; i--)
            number = unchecked(number * Base + place[i] - 1);
        return number;
    }
}
