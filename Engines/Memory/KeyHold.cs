namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// Which key stands at a place of the table, and whether a thread has it: one word, beside the key's numbers, so that a hot key goes from
/// core to core in one line of memory. A key is held for some tens of nanoseconds, without waiting for anything; whoever finds it held
/// spins for as long as that takes and then gives up its core, turn by turn for longer, so that a holder that has lost its own gets it
/// back. Not reentrant.
/// </summary>
internal struct KeyHold
{
    private const int Held = int.MinValue;

    // The key's hash; 0 where no key stands; negative while a thread has the key.
    private int _word;

    /// <summary>The hash of the key that stands here; 0 for none. For whoever has the shard's lock.</summary>
    public readonly int Hash => _word & int.MaxValue;

    /// <summary>A hash as it can be held under: of 31 bits, not 0.</summary>
    public static int HashOf(int bits) => Math.Max(1, bits & int.MaxValue);

    /// <summary>Takes the key that stands here, if it is of that hash; waits while another thread has it.</summary>
    /// <returns>False if no key of that hash stands here, or not any more.</returns>
    public bool TryTake(int hash)
    {
        var seen = Interlocked.CompareExchange(ref _word, hash | Held, hash);
        return seen == hash || (seen == (hash | Held) && TryTakeAfterAnother(hash));
    }

    /// <summary>Takes the key that stands here. For whoever has the shard's lock, without which no key comes or goes.</summary>
    /// <returns>Its hash.</returns>
    public int Take()
    {
        var hash = Hash;
        return TryTake(hash) ? hash : throw new InvalidOperationException("No key stands here.");
    }

    /// <summary>
    /// Has a key stand here, or whoever has it let go of it. What was written before is seen by who takes it next.
    /// </summary>
    public void Release(int hash) => Volatile.Write(ref _word, hash);

    private bool TryTakeAfterAnother(int hash)
    {
        var turns = new SpinWait();
        while (true)
        {
            turns.SpinOnce();
            var seen = Volatile.Read(ref _word);
            if (seen == hash && Interlocked.CompareExchange(ref _word, hash | Held, hash) == hash)
                return true;
            if ((seen & int.MaxValue) != hash)
                return false;
        }
    }
}
