namespace OrleansLimiter.Core.Collections;

/// <summary>A slot that <see cref="IndexedHeap{T}"/> orders.</summary>
internal interface IHeapSlot : IPagedSlot
{
    /// <summary>The heap place of a slot that is not in the heap.</summary>
    const int Nowhere = -1;

    /// <summary>What the heap orders by. While the slot is in the heap, only the heap sets it.</summary>
    long DueAt { get; set; }

    /// <summary>Where in the heap the slot stands; <see cref="Nowhere"/> if it does not. Only the heap sets it.</summary>
    int HeapPlace { get; set; }
}
