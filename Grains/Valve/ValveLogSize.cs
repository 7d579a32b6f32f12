namespace OrleansLimiter.Grains.Valve;

/// <summary>How a valve's log is divided. All silos must agree, since it says which segment follows which; so it is no setting.</summary>
/// <param name="SegmentBytes">A segment that holds so many bytes takes no further batch.</param>
/// <param name="Slots">How many segments there may be, each in a slot of its own, which is used again.</param>
/// <param name="SegmentsPerSnapshot">After so many segments a snapshot is stored; well under <paramref name="Slots"/>.</param>
internal sealed record ValveLogSize(int SegmentBytes, int Slots, int SegmentsPerSnapshot)
{
    /// <summary>
    /// Some 1,000 records a segment and 120,000 a snapshot: for a record's 30 bytes in the log a snapshot adds about as many.
    /// </summary>
    public static ValveLogSize Default { get; } = new(32 * 1024, 256, 128);
}
