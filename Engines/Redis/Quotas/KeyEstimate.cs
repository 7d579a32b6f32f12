using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis.Quotas;

/// <summary>
/// How many bytes of a server's memory the keys of one tenant take, or of one of the service's own policies: as last sampled, and what this
/// front end has made since, times the front ends. Safe for many threads.
/// </summary>
/// <param name="census">All of them.</param>
/// <param name="isOwn">Whether it is of one of the service's own policies.</param>
internal sealed class KeyEstimate(KeyCensus census, bool isOwn)
{
    // Of each look so much is believed: a few hundred samples alone would be off by a tenth.
    private const double Weight = 0.25;

    private const long OneSecond = 1_000_000;

    private double _sampled;
    private long _made;
    private long _roomAfter = OneSecond;

    /// <summary>Whether it is of one of the service's own policies.</summary>
    public bool IsOwn => isOwn;

    public double Bytes => Volatile.Read(ref _sampled) + Volatile.Read(ref _made) * (double)census.FrontEnds;

    /// <summary>Whether no key may be made.</summary>
    public bool IsFull => isOwn
        ? Bytes >= census.Sizes.OwnPerPolicy && census.BorrowedBytes >= census.Sizes.OwnCommon
        : Bytes >= census.Sizes.PerTenant || census.CallersBytes >= census.Sizes.Callers;

    /// <summary>How long after the last look so many keys have expired, by the sample, that there is room.</summary>
    public Wait RoomAfter => Wait.OfMicroseconds(Volatile.Read(ref _roomAfter));

    /// <summary>Counts a key that this front end has made.</summary>
    public void Made(int bytes)
    {
        Interlocked.Add(ref _made, bytes);
        if (!isOwn)
            census.Made(bytes);
    }

    /// <summary>Takes what a look found. Called by one thread at a time.</summary>
    /// <param name="bytes">The bytes that the look alone stands for.</param>
    /// <param name="isFirst">Whether nothing was known before.</param>
    public void Take(double bytes, bool isFirst)
    {
        var made = Interlocked.Exchange(ref _made, 0);
        var foreseen = _sampled + made * (double)census.FrontEnds;
        Volatile.Write(ref _sampled, isFirst ? bytes : foreseen + Weight * (bytes - foreseen));
    }

    /// <summary>Takes when what was sampled expires.</summary>
    /// <param name="milliseconds">Of each key, in any order.</param>
    /// <param name="excess">How much of what there is has to go.</param>
    public void TakeExpiries(List<long> milliseconds, double excess)
    {
        milliseconds.Sort();
        var place = Math.Min((int)(excess * milliseconds.Count), milliseconds.Count - 1);
        Volatile.Write(ref _roomAfter, place < 0 ? OneSecond : Math.Max(1, milliseconds[place]) * 1_000);
    }
}
