namespace OrleansLimiter.Limiter.Tests.PermitLeases;

/// <summary>What can go wrong, or be done by others, while permits are out.</summary>
internal enum LeaseFault
{
    Lost,
    Doubled,
    Delayed,
    Cut,
    FrontEndCrashed,
    Paused,
    OwnerCrashed,
    HandedOver,
    TwoOwners,
    Merged,
    PolicyChanged,
    Refunded,
    Reset,
}

/// <summary>How often each happened while permits were out, in all schedules.</summary>
internal sealed class LeaseFaultCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<LeaseFault>().Length];

    public long SpentFromLeases { get; set; }

    public long SpentAtOwners { get; set; }

    public long Returned { get; set; }

    public long Stranded { get; set; }

    public long this[LeaseFault fault] => _counts[(int)fault];

    public void Note(LeaseFault fault) => _counts[(int)fault]++;

    public override string ToString() =>
        string.Join(", ", Enum.GetValues<LeaseFault>().Select(fault => $"{fault} {this[fault]}"))
        + $"; permits spent from leases {SpentFromLeases}, at owners {SpentAtOwners}, returned {Returned}, stranded {Stranded}";
}
