using System.Runtime.InteropServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Engines.Memory;

/// <summary>
/// The numbers of one key of a shard, in one line of the processor's cache: cores that ask of the same key pass this line to and fro, and
/// no other. The state belongs to whoever holds the key, the queue's numbers to whoever has the shard's lock.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct KeyEntry : IHeapSlot
{
    /// <summary>
    /// What quotas count for a key with a subject of up to 24 bytes and no objects on its state. Its place here, among the objects, in the
    /// index and in the queue takes some 95; what is counted stays as it was when bounds were set, so that one holds as many heavier keys
    /// as ever.
    /// </summary>
    public const int PlainBytes = 112;

    private const int Bytes = 64;

    /// <summary>The numbers of the first bandwidth, under the group's spec.</summary>
    public StateCells Numbers;

    /// <summary>The key's hash, and who has it.</summary>
    public KeyHold Hold;

    private int _place;

    /// <summary>The first bytes of the subject.</summary>
    public SubjectBytes Subject;

    /// <summary>
    /// Not before this instant (in us) can the key be whole: when to look again. A key's whole instant moves later without notice, never
    /// earlier.
    /// </summary>
    public long DueAt { readonly get; set; }

    /// <summary>Where the key stands in the shard's queue; <see cref="IHeapSlot.Nowhere"/> until it is there.</summary>
    public int HeapPlace
    {
        readonly get => _place;
        set => _place = value;
    }

    // A free place stands in no queue.
    int IPagedSlot.NextFree
    {
        readonly get => _place;
        set => _place = value;
    }
}
