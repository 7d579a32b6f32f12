using OrleansLimiter.Core.Collections;

namespace OrleansLimiter.Valve.Line;

/// <summary>One place. A plain slot of <see cref="PlaceTable"/>.</summary>
internal struct Place : IHeapSlot
{
    public UserId User;

    /// <summary>Its number, counted up as people come; 0 for a free slot.</summary>
    public long Number;

    /// <summary>When its owner was last told something, in microseconds of a clock that nobody sets.</summary>
    public long ToldAt;

    /// <summary>In the draw: the first 64 bits of its code. Once admitted: when the admission expires, in microseconds.</summary>
    public long CodeOrExpiry;

    /// <summary>Until when it lives while it waits, in the time of heartbeats.</summary>
    public long DueAt { readonly get; set; }

    /// <summary>The <c>pollAfterMs</c> that its owner was last told.</summary>
    public int ToldMs;

    /// <summary>Where it stands in the line; -1 for nowhere.</summary>
    public int Spot;

    /// <summary>Where it stands among the heartbeats.</summary>
    public int HeapPlace { readonly get; set; }

    /// <summary>What has become of it.</summary>
    public PlaceState State;

    // Nobody asks where a free slot stands.
    int IPagedSlot.NextFree
    {
        readonly get => Spot;
        set => Spot = value;
    }

    /// <summary>Whether it holds one of the slots in checkout.</summary>
    public readonly bool IsInCheckout => State is PlaceState.Admitting or PlaceState.Admitted;
}
