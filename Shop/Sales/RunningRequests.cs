using System.Collections.Concurrent;

namespace OrleansLimiter.Shop.Sales;

/// <summary>
/// The purchases under an <c>Idempotency-Key</c> that this front end is about to answer: a duplicate is told so at once, and neither joins
/// a line that the first one's purchase has just left nor takes a place of a connection. Between front ends the claim in the database
/// decides (<see cref="KeptReplies.ClaimAsync"/>). Safe for use by many threads.
/// </summary>
internal sealed class RunningRequests
{
    private readonly ConcurrentDictionary<(Guid User, string Key), byte[]> _meanings = new();

    /// <summary>Begins a request, unless one that says the same runs under its key.</summary>
    /// <param name="user">Whose.</param>
    /// <param name="key">Its key and what it says.</param>
    /// <param name="running">Ends it when disposed of; null: another one runs that says something else, and nothing is to be ended.</param>
    /// <returns>Whether it may go on.</returns>
    public bool TryBegin(Guid user, RequestKey key, out Entry? running)
    {
        var name = (user, key.Text);
        if (_meanings.TryAdd(name, key.MeaningMac))
        {
            running = new Entry(() => _meanings.TryRemove(name, out _));
            return true;
        }

        running = null;
        return _meanings.TryGetValue(name, out var meaning) && !meaning.AsSpan().SequenceEqual(key.MeaningMac);
    }

    /// <summary>A request that runs. Disposed of once.</summary>
    public sealed class Entry(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
