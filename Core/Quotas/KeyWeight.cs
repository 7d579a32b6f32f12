using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Algorithms.Concurrency;
using OrleansLimiter.Core.Algorithms.LeakyBucket;
using OrleansLimiter.Core.Algorithms.SlidingWindowLog;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Leases;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Quotas;

/// <summary>
/// What a key's state costs beyond the value itself, in bytes of this process's memory on a 64-bit runtime: the objects that hang on it, by
/// their size and not by what is in use of them. Found without going through any of them. What the key's own place costs is its engine's to
/// add.
/// </summary>
internal static class KeyWeight
{
    // An object's header and method table; an array's length beside them.
    internal const int ObjectHeader = 16;
    internal const int ArrayHeader = 24;
    internal const int Reference = 8;

    private const int CellsBytes = 24;
    private const int RestBytes = ObjectHeader + 6 * Reference;
    private const int AsideBytes = ObjectHeader + Reference + 32;

    /// <summary>The bytes of all objects that hang on a state; 0 for the usual one, which has none.</summary>
    /// <param name="state">The key's state.</param>
    /// <returns>The bytes.</returns>
    public static int BytesOf(in KeyState state) => state.Rest is { } rest ? BytesOf(rest) : 0;

    /// <summary>
    /// The most bytes that a request can add to a state. Policies that are changed, and states of two kinds, are not foreseen.
    /// </summary>
    /// <param name="state">The key's state.</param>
    /// <param name="request">The request.</param>
    /// <param name="now">The owner's clock.</param>
    /// <returns>The bytes; 0 where it adds none.</returns>
    public static int MostGrowth(in KeyState state, in LimitRequest request, Instant now)
    {
        if (request.Operation is Operation.Peek or Operation.Reset or Operation.Renew or Operation.Return)
            return 0;
        var growth = 0;
        if (!request.Id.IsNone)
            growth = state.Rest?.Answered is { } answered
                ? answered.GrowthBy(request.Id.Value!, request.Operation, now)
                : AnsweredRequests.FirstBytes(request.Id.Value!);
        if (request.Operation is Operation.Acquire or Operation.AcquireUpTo or Operation.Charge && request.Permits.Count > 0)
            growth += EntryGrowth(state, request, now);
        if (request.Operation == Operation.Lease)
            growth += PermitLedger.LeaseBytes + (state.Rest?.Lent is null ? PermitLedger.OwnBytes : 0);
        return growth > 0 && state.Rest is null ? growth + RestBytes : growth;
    }

    /// <summary>Whether a request may have the key remember a turn by its name.</summary>
    internal static bool NamesTurn(in LimitRequest request) =>
        request.Operation is Operation.Acquire or Operation.AcquireUpTo
        && request.Spec.Algorithm == Algorithm.LeakyBucket
        && !request.Lease.IsNone
        && request.Id.IsNone;

    /// <summary>The bytes that one more permit, place or turn may take.</summary>
    private static int EntryGrowth(in KeyState state, in LimitRequest request, Instant now)
    {
        var spec = request.Spec;
        if (NamesTurn(request))
            return state.Rest?.Turns is null ? TurnTable.FirstNameBytes : TurnTable.MostGrowthByName;
        if (spec.Algorithm == Algorithm.Concurrency)
            return state.Rest?.Leases is { } leases ? leases.GrowthByOne(now.Microseconds) : LeaseTable.FirstBytes;
        if (spec.Algorithm != Algorithm.SlidingWindowLog)
            return 0;
        var logs = state.Rest?.Logs;
        var growth = logs is null ? ArrayHeader + spec.Bandwidths.Length * Reference : 0;
        for (var i = 0; i < spec.Bandwidths.Length; i++)
        {
            growth += logs is not null && i < logs.Length && logs[i] is { } log
                ? log.GrowthByOne(now.Microseconds - spec.Bandwidths[i].WindowMicroseconds)
                : InstantLog.FirstBytes;
        }

        return growth;
    }

    private static int BytesOf(KeyRest rest)
    {
        var bytes = RestBytes;
        if (rest.More is { } more)
            bytes += ArrayHeader + CellsBytes * more.Length;
        if (rest.Logs is { } logs)
        {
            bytes += ArrayHeader + Reference * logs.Length;
            foreach (var log in logs)
                bytes += log?.Bytes ?? 0;
        }

        bytes += rest.Leases?.Bytes ?? 0;
        bytes += rest.Turns?.Bytes ?? 0;
        bytes += rest.Lent?.Bytes ?? 0;
        bytes += rest.Answered?.Bytes ?? 0;
        if (rest.Aside is { } aside)
            bytes += AsideBytes + BytesOf(aside.State);
        return bytes;
    }
}
