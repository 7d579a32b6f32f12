using System.Numerics;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>The tick as the rules describe it: the finest power of ten that divides W and keeps the largest product under 2^53.</summary>
internal static class TickReference
{
    private static readonly BigInteger LuaIntegers = BigInteger.Pow(2, 53);

    public static long OfBucket(Bandwidth bandwidth) => Find(
        bandwidth,
        ticks => bandwidth.Capacity * (ticks / BigInteger.GreatestCommonDivisor(bandwidth.Limit, ticks)));

    public static long OfSlidingCounter(Bandwidth bandwidth) => Find(bandwidth, ticks => bandwidth.Limit * ticks);

    private static long Find(Bandwidth bandwidth, Func<BigInteger, BigInteger> product)
    {
        for (var tick = 1; tick <= 1_000_000; tick *= 10)
        {
            if (bandwidth.WindowMicroseconds % tick == 0 && product(bandwidth.WindowMicroseconds / tick) < LuaIntegers)
                return tick;
        }

        throw new ArgumentException("No tick will do: the spec should have been refused.");
    }
}
