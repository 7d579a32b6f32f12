using OrleansLimiter.Core.Algorithms;

namespace OrleansLimiter;

/// <summary>
/// Says in code how a policy counts (<see cref="LimiterOptions.AddPolicy"/>): one algorithm, then what is to be added to it. Bounds are
/// those of <see cref="PolicyOptions"/> and are checked at the start.
/// </summary>
public sealed class LimitPolicyBuilder
{
    private readonly string _name;
    private readonly List<BandwidthOptions> _bandwidths = [];
    private readonly PolicyOptions _policy = new();

    internal LimitPolicyBuilder(string name) => _name = name;

    /// <summary>A bucket that refills steadily: so many per window, and as many at once.</summary>
    /// <param name="limit">Permits per window.</param>
    /// <param name="window">The window.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">The policy counts by an algorithm already.</exception>
    public LimitPolicyBuilder TokenBucket(long limit, TimeSpan window) => CountBy(Algorithm.TokenBucket, limit, window);

    /// <summary>The same decisions as <see cref="TokenBucket(long, TimeSpan)"/> from one number less.</summary>
    /// <inheritdoc cref="TokenBucket(long, TimeSpan)"/>
    public LimitPolicyBuilder Gcra(long limit, TimeSpan window) => CountBy(Algorithm.Gcra, limit, window);

    /// <summary>A counter per aligned window: cheapest, up to twice the limit around a boundary.</summary>
    /// <inheritdoc cref="TokenBucket(long, TimeSpan)"/>
    public LimitPolicyBuilder FixedWindow(long limit, TimeSpan window) => CountBy(Algorithm.FixedWindow, limit, window);

    /// <summary>Two counters, the older one weighed (<c>slidingWindowCounter</c>).</summary>
    /// <inheritdoc cref="TokenBucket(long, TimeSpan)"/>
    public LimitPolicyBuilder SlidingWindow(long limit, TimeSpan window) => CountBy(Algorithm.SlidingWindowCounter, limit, window);

    /// <summary>Every admission remembered: exact in every window. At most 10,000.</summary>
    /// <inheritdoc cref="TokenBucket(long, TimeSpan)"/>
    public LimitPolicyBuilder SlidingWindowLog(long limit, TimeSpan window) => CountBy(Algorithm.SlidingWindowLog, limit, window);

    /// <summary>Admits now and says when to proceed: an even flow.</summary>
    /// <inheritdoc cref="TokenBucket(long, TimeSpan)"/>
    public LimitPolicyBuilder LeakyBucket(long limit, TimeSpan window) => CountBy(Algorithm.LeakyBucket, limit, window);

    /// <summary>So many at once, each until it is freed or its time to live is over.</summary>
    /// <param name="places">How many at once, at most 10,000.</param>
    /// <param name="timeToLive">How long a place is held that is neither renewed nor freed.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">The policy counts by an algorithm already.</exception>
    public LimitPolicyBuilder Concurrency(long places, TimeSpan timeToLive) => CountBy(Algorithm.Concurrency, places, timeToLive);

    /// <summary>
    /// Sets how many the bucket holds that was named last: how many may come at once. tokenBucket, gcra and leakyBucket only.
    /// </summary>
    /// <param name="burst">The bucket's size.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">No algorithm was named before.</exception>
    public LimitPolicyBuilder Burst(long burst)
    {
        Last(nameof(Burst)).Burst = burst;
        return this;
    }

    /// <summary>
    /// Adds a bandwidth that decides together with those before it: 10 a second and 100 a minute. At most 8 in all; not for leakyBucket
    /// and concurrency.
    /// </summary>
    /// <param name="limit">Permits per window.</param>
    /// <param name="window">The window.</param>
    /// <returns>This builder.</returns>
    /// <exception cref="InvalidOperationException">No algorithm was named before.</exception>
    public LimitPolicyBuilder And(long limit, TimeSpan window)
    {
        Last(nameof(And));
        _bandwidths.Add(new BandwidthOptions { Limit = limit, Window = window });
        return this;
    }

    /// <summary>
    /// Says who is counted where an endpoint requires the policy (<see cref="PolicyOptions.Key"/>). An <see cref="ILimiter"/> is told
    /// the subject.
    /// </summary>
    /// <param name="key">The key recipe: <c>ip</c>, <c>user</c>, <c>claim:org</c>, <c>header:X-Name</c> and so on.</param>
    /// <returns>This builder.</returns>
    public LimitPolicyBuilder By(string key)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        (_policy.Key, _policy.KeyFunction) = (key, null);
        return this;
    }

    /// <summary>Says who is counted by a function of the room that serves requests. Of this and a recipe the last one holds.</summary>
    internal LimitPolicyBuilder ByFunction(Delegate key)
    {
        (_policy.Key, _policy.KeyFunction) = (null, key);
        return this;
    }

    /// <summary>Says what happens when the engine cannot decide. Default <see cref="OnUnavailable.Local"/>.</summary>
    /// <param name="choice">What happens.</param>
    /// <returns>This builder.</returns>
    public LimitPolicyBuilder WhenUnavailable(OnUnavailable choice)
    {
        _policy.OnUnavailable = choice;
        return this;
    }

    /// <summary>Has the policy only count and measure, and never refuse.</summary>
    /// <returns>This builder.</returns>
    public LimitPolicyBuilder Shadow()
    {
        _policy.Shadow = true;
        return this;
    }

    /// <summary>
    /// Lets a front end take permits of a key that is asked for often in advance, and decide with them without asking a remote engine
    /// (<see cref="PolicyOptions.Lease"/>). tokenBucket and gcra only, from 100 permits per window.
    /// </summary>
    /// <returns>This builder.</returns>
    public LimitPolicyBuilder Lease()
    {
        _policy.Lease = true;
        return this;
    }

    /// <summary>What was said. A policy without an algorithm is refused with the other settings.</summary>
    internal PolicyOptions Build()
    {
        if (_bandwidths is [var only])
        {
            (_policy.Limit, _policy.Window, _policy.Burst) = (only.Limit, only.Window, only.Burst);
            return _policy;
        }

        foreach (var bandwidth in _bandwidths)
            _policy.Bandwidths.Add(bandwidth);
        return _policy;
    }

    private LimitPolicyBuilder CountBy(Algorithm algorithm, long limit, TimeSpan window)
    {
        if (_policy.Algorithm is { } other)
        {
            throw new InvalidOperationException(
                $"The policy '{_name}' counts by {AlgorithmNames.NameOf(other)} already: And(...) adds a bandwidth.");
        }

        _policy.Algorithm = algorithm;
        _bandwidths.Add(new BandwidthOptions { Limit = limit, Window = window });
        return this;
    }

    private BandwidthOptions Last(string what) => _bandwidths.Count > 0
        ? _bandwidths[^1]
        : throw new InvalidOperationException($"The policy '{_name}' counts by nothing yet: name an algorithm before {what}(...).");
}
