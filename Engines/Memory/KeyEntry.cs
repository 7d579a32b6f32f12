using OrleansLimiter.Core.Algorithms;

namespace OrleansLimiter.Engines.Memory;

/// <summary>One key of a shard: 96 bytes, in the order in which a request looks at them.</summary>
internal struct KeyEntry
{
    public int Hash;

    /// <summary>The next place of the free list; -1 for none.</summary>
    public int NextFree;

    /// <summary>Tenant, policy and spec; null for a free place.</summary>
    public KeyGroup? KeyGroup;

    public SubjectBytes Subject;

    /// <summary>The state, under the group's spec.</summary>
    public KeyState State;

    /// <summary>
    /// Not before this instant (in us) can the key be whole: when to look again. A key's whole instant moves later without notice, never
    /// earlier.
    /// </summary>
    public long LookAgainAt;

    /// <summary>Where the key stands in the shard's queue.</summary>
    public int QueuePlace;

    /// <summary>The bytes of the state's objects that are counted in the group's quota.</summary>
    public int Weight;

    /// <summary>
    /// What a key takes with a subject of up to 24 bytes and no objects on its state: its place here, in the index and in the queue.
    /// </summary>
    public const int PlainBytes = 112;

    /// <summary>What the key takes, the objects on its state not counted.</summary>
    public readonly int OwnBytes => PlainBytes + Subject.MoreBytes;
}
