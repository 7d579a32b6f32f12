using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Engines.Memory;

/// <summary>One key of a shard: 96 bytes, in the order in which a request looks at them.</summary>
internal struct KeyEntry : IHeapSlot
{
    private const int CacheLine = 64;

    public int Hash;

    /// <summary>The next place of the free list; -1 for none.</summary>
    public int NextFree { readonly get; set; }

    /// <summary>Tenant, policy and spec; null for a free place.</summary>
    public KeyGroup? KeyGroup;

    public SubjectBytes Subject;

    /// <summary>The state, under the group's spec.</summary>
    public KeyState State;

    /// <summary>
    /// Not before this instant (in us) can the key be whole: when to look again. A key's whole instant moves later without notice, never
    /// earlier.
    /// </summary>
    public long DueAt { readonly get; set; }

    /// <summary>Where the key stands in the shard's queue; <see cref="IHeapSlot.Nowhere"/> until it is there.</summary>
    public int HeapPlace { readonly get; set; }

    /// <summary>The bytes of the state's objects that are counted in the group's quota.</summary>
    public int Weight;

    /// <summary>
    /// What a key takes with a subject of up to 24 bytes and no objects on its state: its place here, in the index and in the queue.
    /// </summary>
    public const int PlainBytes = 112;

    /// <summary>What the key takes, the objects on its state not counted.</summary>
    public readonly int OwnBytes => PlainBytes + Subject.MoreBytes;

    /// <summary>Has the processor fetch an entry's two lines, if there is such an entry. Safe without the owner's lock.</summary>
    public static unsafe void Prefetch(ref KeyEntry entry)
    {
        if (!Sse.IsSupported || Unsafe.IsNullRef(ref entry))
            return;

        // A prefetch of an address that the collector has just moved away from is a wasted hint, not an access.
        var first = (byte*)Unsafe.AsPointer(ref entry);
        Sse.Prefetch0(first);
        Sse.Prefetch0(first + CacheLine);
    }
}
