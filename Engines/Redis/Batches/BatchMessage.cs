using System.Buffers.Binary;
using OrleansLimiter.Batches;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using StackExchange.Redis;

namespace OrleansLimiter.Engines.Redis.Batches;

/// <summary>Many requests as one call of a batch script (<c>batch.lua</c>).</summary>
internal readonly struct BatchMessage(ScopeTable.Scope scope, SpecArguments spec)
{
    private const int BytesPerRequest = 6;
    private const int BytesPerEntry = 9;
    private const int StateBytes = 32_768;

    // A script's time on the server is time that nobody else is decided in.
    private static readonly RedisValue Budget = RedisNumbers.Of(StateBytes);

    /// <summary>Whether a request travels in batches: one that names no request and no lease.</summary>
    public static bool Takes(in LimitRequest request) =>
        request.Operation <= Operation.Charge && request.Id.IsNone && request.Lease.IsNone;

    /// <summary>How many requests under a spec one message holds at most: fewer where states are long.</summary>
    public static int MostCallsOf(SpecArguments spec)
    {
        if (spec.BatchScript is null)
            return 0;
        return spec.Spec.Algorithm == Algorithm.SlidingWindowLog
            ? (int)Math.Min(StateBytes / (BytesPerEntry * spec.Spec.Bandwidths.Sum(bandwidth => bandwidth.Limit)), byte.MaxValue)
            : byte.MaxValue;
    }

    /// <summary>Has them decided.</summary>
    /// <returns>The replies, one behind the other (<see cref="ReplyBytes.LengthAt"/>).</returns>
    public Task<byte[]?> RunAsync(RedisLink link, ReadOnlyMemory<BatchedCall> calls, long now)
    {
        var isConfined = scope.Keys!.IsFull;
        var places = new Dictionary<string, byte>(calls.Length, StringComparer.Ordinal);
        var keys = new List<RedisKey>(calls.Length);
        var requests = new byte[BytesPerRequest * calls.Length];
        var rest = requests.AsSpan();
        foreach (var call in calls.Span)
        {
            ref readonly var request = ref call.Request;
            if (!places.TryGetValue(request.Key.Subject, out var place))
            {
                keys.Add(scope.NamesOf(request.Key.Subject, withIds: false)[0]);
                places.Add(request.Key.Subject, place = (byte)keys.Count);
            }

            rest[0] = place;
            rest[1] = (byte)RequestArguments.NumberOf(request.Operation, isConfined);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[2..], RequestArguments.PermitsOf(request.Permits.Count));
            rest = rest[BytesPerRequest..];
        }

        RedisValue[] arguments = [spec.Rules, requests, Budget, RedisNumbers.Of(now), .. spec.Numbers];
        return spec.BatchScript!.RunAsync(link, [.. keys], arguments);
    }
}
