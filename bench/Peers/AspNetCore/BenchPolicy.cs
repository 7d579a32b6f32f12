namespace OrleansLimiter.PeersAspNetCore;

/// <summary>The two token buckets that all contenders have: one that is never used up, and one that is at once.</summary>
/// <param name="name">As a request names it.</param>
/// <param name="capacity">Permits of a full bucket.</param>
/// <param name="permitsPerPeriod">Permits that come back in each <paramref name="period"/>.</param>
/// <param name="period">How often.</param>
internal sealed class BenchPolicy(string name, int capacity, int permitsPerPeriod, TimeSpan period)
{
    private static readonly BenchPolicy Unlimited = new("unlimited-bench", 1_000_000_000, 277_777, TimeSpan.FromSeconds(1));
    private static readonly BenchPolicy Low = new("default", 10, 1, TimeSpan.FromSeconds(6));

    public string Name => name;

    public int Capacity => capacity;

    public int PermitsPerPeriod => permitsPerPeriod;

    public TimeSpan Period => period;

    /// <summary>The policy of a name; anything but the low one's is the other.</summary>
    public static BenchPolicy Of(string? name) => name == Low.Name ? Low : Unlimited;
}
