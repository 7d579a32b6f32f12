using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>Waits, found by looking instead of solving.</summary>
internal static class Search
{
    /// <summary>The least wait after which something holds that, once it holds, holds on; clamped as every wait is.</summary>
    public static Wait Least(Func<Int128, bool> holdsAfter)
    {
        if (holdsAfter(0))
            return Wait.None;
        Int128 fails = 0;
        Int128 holds = 1;
        while (!holdsAfter(holds))
        {
            if (holds > Instant.MaxMicroseconds)
                return Wait.OfMicroseconds(Instant.MaxMicroseconds);
            fails = holds;
            holds *= 2;
        }

        while (holds - fails > 1)
        {
            var middle = (holds + fails) / 2;
            if (holdsAfter(middle))
                holds = middle;
            else
                fails = middle;
        }

        return Wait.OfMicroseconds((long)holds);
    }
}
