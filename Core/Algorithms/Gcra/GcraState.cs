namespace OrleansLimiter.Core.Algorithms.Gcra;

/// <summary>
/// A theoretical arrival time: when the last permit given out will have flowed. In the past: as good as fresh.
/// Used by gcra and, as the time the next caller's turn comes, by leakyBucket.
/// </summary>
/// <param name="Ticks">Whole ticks since the epoch.</param>
/// <param name="Numerator">The fraction of a tick, over l: 0 to l - 1.</param>
internal readonly record struct GcraState(long Ticks, long Numerator)
{
    /// <summary>The first tick that is not before it.</summary>
    internal long Ceiling => Numerator == 0 ? Ticks : Ticks + 1;

    /// <summary>Later by <paramref name="permits"/> * w/l.</summary>
    internal GcraState Later(in GcraSpec spec, long permits)
    {
        var (whole, numerator) = Flow(spec, permits);
        numerator += Numerator;
        var carried = numerator >= spec.Rate.Permits;
        return new GcraState(Ticks + whole + (carried ? 1 : 0), carried ? numerator - spec.Rate.Permits : numerator);
    }

    /// <summary>Earlier by <paramref name="permits"/> * w/l.</summary>
    internal GcraState Earlier(in GcraSpec spec, long permits)
    {
        var (whole, numerator) = Flow(spec, permits);
        return Minus(spec, whole, numerator);
    }

    /// <summary>Earlier by the time that an empty key takes to become whole.</summary>
    internal GcraState EarlierByFill(in GcraSpec spec) => Minus(spec, spec.FillTicks, spec.FillNumerator);

    /// <summary>Whether this is after <paramref name="other"/>.</summary>
    internal bool IsAfter(GcraState other) => Ticks > other.Ticks || (Ticks == other.Ticks && Numerator > other.Numerator);

    private static (long Whole, long Numerator) Flow(in GcraSpec spec, long permits)
    {
        var product = permits * spec.Rate.Ticks;
        if (spec.Rate.Permits == 1)
            return (product, 0);
        var whole = (long)((ulong)product / (ulong)spec.Rate.Permits);
        return (whole, product - whole * spec.Rate.Permits);
    }

    private GcraState Minus(in GcraSpec spec, long whole, long numerator)
    {
        var left = Numerator - numerator;
        return left < 0 ? new GcraState(Ticks - whole - 1, left + spec.Rate.Permits) : new GcraState(Ticks - whole, left);
    }
}
