using System.Buffers.Binary;
using System.Text;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis;

/// <summary>A request as the scripts are told it (<c>begin.lua</c>).</summary>
internal static class RequestArguments
{
    private const int LeaseLength = 16;
    private const int NamedTail = 3;

    // Added to an operation's number: no key is made, and none grows.
    private const int Confined = 16;

    // No capacity is above 10^9, so more permits than this are asked for in vain, whatever the number.
    private const long MostPermits = 2_000_000_000;

    /// <summary>Writes a request.</summary>
    /// <param name="spec">The spec to decide under.</param>
    /// <param name="request">The request.</param>
    /// <param name="lease">The lease to give out, to release or to renew; none where the operation has none.</param>
    /// <param name="now">Microseconds since the Unix epoch; 0 for the server's clock.</param>
    /// <param name="isConfined">Whether no key may be made, nor any grow.</param>
    public static RedisValue[] Of(SpecArguments spec, in LimitRequest request, LeaseId lease, long now, bool isConfined)
    {
        if (now == 0 && !isConfined && request.Operation == Operation.Acquire && request.Id.IsNone && lease.IsNone)
            return spec.Acquire(request.Permits.Count);
        if (request.Id.IsNone && lease.IsNone && request.Operation is not (Operation.Release or Operation.Renew))
            return Plain(spec, NumberOf(request.Operation, isConfined), request.Permits.Count, now);

        var tail = request.Id.IsNone ? NamedTail - 1 : NamedTail;
        var arguments = Plain(spec, NumberOf(request.Operation, isConfined), request.Permits.Count, now, tail);
        Name(arguments.AsSpan(^tail..), request, lease);
        return arguments;
    }

    /// <summary>
    /// Writes a request on a state that was seen to be under another content, or to have a side of each kind (<c>otherRules.lua</c>).
    /// </summary>
    /// <param name="spec">The spec to decide under.</param>
    /// <param name="seen">The content; null if it is not known.</param>
    /// <param name="request">The request.</param>
    /// <param name="lease">The lease to give out or to release; none where the operation has none.</param>
    /// <param name="now">Microseconds since the Unix epoch; 0 for the server's clock.</param>
    /// <param name="isConfined">Whether no key may be made, nor any grow.</param>
    public static RedisValue[] OfOther(
        SpecArguments spec, SpecArguments? seen, in LimitRequest request, LeaseId lease, long now, bool isConfined)
    {
        var named = new RedisValue[NamedTail];
        Name(named, request, lease);
        var plain = Plain(spec, NumberOf(request.Operation, isConfined), request.Permits.Count, now);
        return [.. plain, .. named, seen?.Rules ?? "", .. spec.WithWindows(), .. seen?.WithWindows() ?? []];
    }

    /// <summary>Writes a request with room for so many arguments behind it.</summary>
    public static RedisValue[] Plain(SpecArguments spec, int operation, long permits, long now, int tail = 0)
    {
        var arguments = new RedisValue[SpecArguments.Head + spec.Numbers.Length + tail];
        arguments[0] = spec.Rules;
        arguments[1] = RedisNumbers.Of(operation);
        arguments[2] = RedisNumbers.Of(PermitsOf(permits));
        arguments[3] = RedisNumbers.Of(now);
        spec.Numbers.CopyTo(arguments, SpecArguments.Head);
        return arguments;
    }

    /// <summary>The permits as the scripts are told them.</summary>
    public static uint PermitsOf(long permits) => (uint)Math.Min(permits, MostPermits);

    /// <summary>An operation as the scripts are told it.</summary>
    public static int NumberOf(Operation operation, bool isConfined) => NumberOf(operation) + (isConfined ? Confined : 0);

    /// <summary>The exact permits, the lease and, where there is room for it, the request id: empty for none.</summary>
    private static void Name(Span<RedisValue> tail, in LimitRequest request, LeaseId lease)
    {
        var exact = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(exact, request.Permits.Count);
        var place = new byte[LeaseLength];
        BinaryPrimitives.WriteUInt128LittleEndian(place, lease.Bits);
        (tail[0], tail[1]) = (exact, place);
        if (tail.Length == NamedTail)
            tail[2] = Encoding.ASCII.GetBytes(request.Id.Value ?? "");
    }

    /// <summary>An operation's number in the scripts: written out, so that none moves by accident.</summary>
    private static int NumberOf(Operation operation) => operation switch
    {
        Operation.Acquire => 0,
        Operation.AcquireUpTo => 1,
        Operation.Peek => 2,
        Operation.Refund => 3,
        Operation.Charge => 4,
        Operation.Release => 5,
        Operation.Reset => 6,
        Operation.Renew => 7,
        Operation.Lease => 8,
        Operation.Return => 9,
        _ => throw new NotSupportedException($"There is no operation {operation}."),
    };
}
