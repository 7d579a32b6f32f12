namespace OrleansLimiter.Leases;

/// <summary>What became of permits that owners gave this front end in advance, of all keys. Safe for use by many threads.</summary>
internal sealed class LeaseCounts
{
    private long _granted;
    private long _spent;
    private long _returned;
    private long _stranded;

    /// <summary>Permits that were given.</summary>
    public long AllGranted => Interlocked.Read(ref _granted);

    /// <summary>Permits that requests were admitted with.</summary>
    public long AllSpent => Interlocked.Read(ref _spent);

    /// <summary>Permits that were sent back; whether they arrived is not known.</summary>
    public long AllReturned => Interlocked.Read(ref _returned);

    /// <summary>Permits that nobody spent or sent back in time: the owner counts them as used.</summary>
    public long AllStranded => Interlocked.Read(ref _stranded);

    public void Granted(long permits) => Interlocked.Add(ref _granted, permits);

    public void Spent(long permits) => Interlocked.Add(ref _spent, permits);

    public void Returned(long permits) => Interlocked.Add(ref _returned, permits);

    public void Stranded(long permits) => Interlocked.Add(ref _stranded, permits);
}
