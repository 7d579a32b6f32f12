namespace OrleansLimiter.Core.Collections;

/// <summary>A slot of <see cref="SlotPages{T}"/>.</summary>
internal interface IPagedSlot
{
    /// <summary>While the slot is free: the next free one; -1 for none.</summary>
    int NextFree { get; set; }
}
