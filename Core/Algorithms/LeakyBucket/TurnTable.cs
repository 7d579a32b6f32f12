using OrleansLimiter.Core.Algorithms.Gcra;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;

namespace OrleansLimiter.Core.Algorithms.LeakyBucket;

/// <summary>
/// What a leaky bucket knows of its line beside where it ends: the turns that were told under a name and have not come yet, and the free
/// parts that withdrawn ones left before the end. Both in the order of their starts; free parts neither overlap nor touch, and none touches
/// the end. Immutable.
/// </summary>
internal sealed class TurnTable
{
    /// <summary>The most free parts: a turn whose withdrawal would make one more stays taken.</summary>
    public const int MaxFree = 32;

    /// <summary>The most names: a turn beyond them stays taken, whoever withdraws it.</summary>
    public const int MaxNamed = 1_000;

    /// <summary>What one more name takes, the first of a key at most.</summary>
    public const int FirstNameBytes = OwnBytes + KeyWeight.ArrayHeader + NameBytes;

    /// <summary>What one more name takes at most, where there is a table.</summary>
    public const int MostGrowthByName = KeyWeight.ArrayHeader + NameBytes;

    private const int NameBytes = 48;
    private const int FreeBytes = 32;
    private const int OwnBytes = KeyWeight.ObjectHeader + 2 * KeyWeight.Reference;

    private readonly Free[] _free;
    private readonly Named[] _named;

    private TurnTable(Free[] free, Named[] named) => (_free, _named) = (free, named);

    public ReadOnlySpan<Free> AllFree => _free;

    public ReadOnlySpan<Named> AllNamed => _named;

    /// <summary>What it takes of memory.</summary>
    public int Bytes => OwnBytes + BytesOf(_free.Length, FreeBytes) + BytesOf(_named.Length, NameBytes);

    /// <summary>A table of these, in any order; null where there is none.</summary>
    public static TurnTable? Of(IEnumerable<Free> free, IEnumerable<Named> named) => Of(
        [.. free.OrderBy(part => part.Start.Ticks).ThenBy(part => part.Start.Numerator)],
        [.. named.OrderBy(turn => turn.Start.Ticks).ThenBy(turn => turn.Start.Numerator)]);

    /// <summary>What is left of it at an instant: what has begun is spent.</summary>
    public TurnTable? From(GcraState now)
    {
        var (past, begun) = (0, 0);
        while (past < _free.Length && !_free[past].End.IsAfter(now))
            past++;
        while (begun < _named.Length && !_named[begun].Start.IsAfter(now))
            begun++;
        var isCut = past < _free.Length && now.IsAfter(_free[past].Start);
        if (past == 0 && begun == 0 && !isCut)
            return this;
        var free = _free[past..];
        if (isCut)
            free[0] = free[0] with { Start = now };
        return Of(free, _named[begun..]);
    }

    /// <summary>Which free part a turn of so many permits begins: the first that has room for it; -1 for none.</summary>
    public int FirstFit(in GcraSpec spec, long permits)
    {
        for (var i = 0; i < _free.Length; i++)
        {
            if (!_free[i].Start.Later(spec, permits).IsAfter(_free[i].End))
                return i;
        }

        return -1;
    }

    /// <summary>The most permits that any free part has room for.</summary>
    public long LargestFit(in GcraSpec spec)
    {
        var largest = 0L;
        foreach (var part in _free)
        {
            var room = (part.End.Ticks - part.Start.Ticks) * spec.Rate.Permits + (part.End.Numerator - part.Start.Numerator);
            largest = Math.Max(largest, (long)((ulong)room / (ulong)spec.Rate.Ticks));
        }

        return Math.Min(largest, spec.Capacity);
    }

    /// <summary>The table with every free part taken.</summary>
    public TurnTable? WithoutFree() => Of([], _named);

    /// <summary>The table after the beginning of a free part was taken.</summary>
    public TurnTable? TakeFrom(int place, GcraState end)
    {
        var rest = _free[place] with { Start = end };
        return rest.End.IsAfter(end)
            ? new TurnTable([.. _free[..place], rest, .. _free[(place + 1)..]], _named)
            : Of([.. _free[..place], .. _free[(place + 1)..]], _named);
    }

    /// <summary>The table with one more name; as it is where there are as many as may be.</summary>
    public static TurnTable WithName(TurnTable? table, Named turn)
    {
        if (table is null)
            return new TurnTable([], [turn]);
        if (table._named.Length >= MaxNamed)
            return table;
        var place = table._named.Length;
        while (place > 0 && table._named[place - 1].Start.IsAfter(turn.Start))
            place--;
        return new TurnTable(table._free, [.. table._named[..place], turn, .. table._named[place..]]);
    }

    /// <summary>Withdraws a turn: what it took is free, or the line ends there.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="name">Its name.</param>
    /// <param name="end">Where the line ends; replaced by where it ends now.</param>
    /// <param name="without">The table without it.</param>
    /// <returns>Whether it was there, and there was room for what is free.</returns>
    public bool TryWithdraw(in GcraSpec spec, LeaseId name, ref GcraState end, out TurnTable? without)
    {
        without = this;
        var found = Array.FindIndex(_named, turn => turn.Name == name);
        if (found < 0)
            return false;
        var freed = new Free(_named[found].Start, _named[found].Start.Later(spec, _named[found].Permits));
        var (before, after) = (0, 0);
        while (before < _free.Length && !_free[before].Start.IsAfter(freed.Start))
            before++;
        after = before;
        if (before > 0 && _free[before - 1].End == freed.Start)
            freed = freed with { Start = _free[--before].Start };
        if (after < _free.Length && _free[after].Start == freed.End)
            freed = freed with { End = _free[after++].End };

        Named[] named = [.. _named[..found], .. _named[(found + 1)..]];
        if (freed.End == end)
        {
            end = freed.Start;
            without = Of([.. _free[..before]], named);
            return true;
        }

        if (before == after && _free.Length >= MaxFree)
            return false;
        without = new TurnTable([.. _free[..before], freed, .. _free[after..]], named);
        return true;
    }

    private static TurnTable? Of(Free[] free, Named[] named) => free.Length == 0 && named.Length == 0 ? null : new TurnTable(free, named);

    private static int BytesOf(int count, int each) => count == 0 ? 0 : KeyWeight.ArrayHeader + count * each;

    /// <summary>A part of the line that nobody has.</summary>
    public readonly record struct Free(GcraState Start, GcraState End);

    /// <summary>A turn that its caller may withdraw until it comes.</summary>
    public readonly record struct Named(LeaseId Name, GcraState Start, long Permits);
}
