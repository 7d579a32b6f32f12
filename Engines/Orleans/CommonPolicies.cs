using System.Collections.Concurrent;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The policies whose keys are counted by their common actors for now, as their algorithms' own actors have said. One in so many of a
/// policy's calls is made to the own actor nevertheless, to hear whether that counts again. Safe for many threads.
/// </summary>
internal sealed class CommonPolicies
{
    /// <summary>Of so many calls of a policy one goes to the own actor.</summary>
    public const int TriedOnceIn = 64;

    private readonly ConcurrentDictionary<string, Calls> _policies = new(StringComparer.Ordinal);

    // Nearly always there are none, and then this is all that a call costs.
    private volatile bool _isEmpty = true;

    /// <summary>Whether a call of a policy goes to the common actor.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="isTried">Whether it would, but the own one is tried.</param>
    public bool Has(string policy, out bool isTried)
    {
        isTried = false;
        if (_isEmpty || !_policies.TryGetValue(policy, out var calls))
            return false;
        isTried = Interlocked.Increment(ref calls.Number) % TriedOnceIn == 0;
        return !isTried;
    }

    /// <summary>The common actors count a policy's keys.</summary>
    public void Add(string policy)
    {
        lock (_policies)
        {
            _policies.TryAdd(policy, new Calls());
            _isEmpty = false;
        }
    }

    public void Remove(string policy)
    {
        lock (_policies)
        {
            _policies.TryRemove(policy, out _);
            _isEmpty = _policies.IsEmpty;
        }
    }

    private sealed class Calls
    {
        public int Number;
    }
}
