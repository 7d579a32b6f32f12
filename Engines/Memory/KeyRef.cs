using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Memory;

/// <summary>Where the two parts of one key stand; the default is nowhere.</summary>
internal readonly ref struct KeyRef(ref KeyEntry entry, ref KeyObjects objects)
{
    /// <summary>Its numbers.</summary>
    public readonly ref KeyEntry Entry = ref entry;

    /// <summary>Its objects.</summary>
    public readonly ref KeyObjects Objects = ref objects;

    /// <summary>Whether there is no key.</summary>
    public bool IsNone => Unsafe.IsNullRef(ref Entry);

    /// <summary>Its state in one. For whoever holds the key.</summary>
    public KeyState State
    {
        get => new() { First = Entry.Numbers, Rest = Objects.Rest };
        set => (Entry.Numbers, Objects.Rest) = (value.First, value.Rest);
    }

    /// <summary>What quotas count for the key, the objects on its state not counted.</summary>
    public int OwnBytes => KeyEntry.PlainBytes + Objects.SubjectBytes;

    /// <summary>Whether it is this key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subject">The first bytes of its subject.</param>
    public bool Is(in SubjectKey key, in SubjectBytes subject) => SubjectBytes.Same(Entry.Subject, subject) && Objects.AreOf(key);

    /// <summary>Has the processor fetch both parts, if there are. Safe without holding the key.</summary>
    public unsafe void Prefetch()
    {
        if (!Sse.IsSupported || IsNone)
            return;

        // A prefetch of an address that the collector has just moved away from is a wasted hint, not an access.
        Sse.Prefetch0(Unsafe.AsPointer(ref Entry));
        Sse.Prefetch0(Unsafe.AsPointer(ref Objects));
    }
}
