namespace OrleansLimiter.TestKit;

/// <summary>
/// Seeded random numbers (SplitMix64): the same seed gives the same numbers on every machine and runtime, for ever, so
/// that a failing seed can be written down. One thread at a time.
/// </summary>
public sealed class Dice
{
    private ulong _state;

    /// <summary>Creates dice that fall as the seed says.</summary>
    /// <param name="seed">Any number; seeds next to each other give unrelated numbers.</param>
    public Dice(long seed) => _state = (ulong)seed * 0xD1342543DE82EF95UL + 0x2545F4914F6CDD1DUL;

    /// <summary>64 random bits.</summary>
    /// <returns>Any number.</returns>
    public ulong Bits()
    {
        var mixed = _state += 0x9E3779B97F4A7C15UL;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    /// <param name="least">The least.</param>
    /// <param name="most">The most; not below <paramref name="least"/>.</param>
    /// <returns>The number.</returns>
    public long From(long least, long most) => least + (long)(((UInt128)Bits() * ((UInt128)(ulong)(most - least) + 1)) >> 64);

    /// <summary>Whether something happens that does so once in <paramref name="times"/> times.</summary>
    /// <param name="times">At least 1.</param>
    /// <returns>Whether it happens.</returns>
    public bool OnceIn(int times) => From(1, times) == 1;

    /// <summary>One of the choices.</summary>
    /// <param name="choices">At least one.</param>
    /// <typeparam name="T">What is chosen.</typeparam>
    /// <returns>The choice.</returns>
    public T OneOf<T>(params ReadOnlySpan<T> choices) => choices[(int)From(0, choices.Length - 1)];
}
