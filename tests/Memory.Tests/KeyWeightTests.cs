using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>
/// A bound in keys is a bound in bytes: whatever the keys are, a full table takes what as many plain keys would, within 30 %.
/// </summary>
[Collection(nameof(MeasuredMemory))]
public sealed class KeyWeightTests
{
    private const long MaxKeys = 200_000;
    private const long PlainBytes = 112;

    private readonly FakeTimeProvider _time = new();

    public static TheoryData<string, int, bool, int, int> Kinds => new()
    {
        // Algorithm, bandwidths, whether with request ids, requests on each key, length of the subject.
        { "tokenBucket", 1, false, 1, 20 },
        { "tokenBucket", 1, false, 1, 64 },
        { "tokenBucket", 1, false, 1, 180 },
        { "tokenBucket", 8, false, 1, 20 },
        { "tokenBucket", 1, true, 1, 20 },
        { "tokenBucket", 1, true, 32, 20 },
        { "tokenBucket", 1, true, 100, 20 },
        { "slidingWindowLog", 1, false, 1, 20 },
        { "slidingWindowLog", 1, false, 5, 36 },
        { "slidingWindowLog", 1, false, 1_000, 20 },
        { "slidingWindowLog", 2, false, 1_025, 20 },
        { "concurrency", 1, false, 1, 20 },
        { "concurrency", 1, false, 1_000, 20 },

        // Each turn under a name; the first comes at once and has none.
        { "leakyBucket", 1, false, 1, 20 },
        { "leakyBucket", 1, false, 2, 20 },
        { "leakyBucket", 1, false, 100, 20 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_full_table_takes_what_it_is_said_to_take(string algorithm, int bandwidths, bool withIds, int requests, int subject)
    {
        Assert.True(AlgorithmNames.TryParse(algorithm, out var named));
        var spec = LimitSpec.Of(named,
            [.. Enumerable.Range(1, bandwidths).Select(hours => Bandwidth.Of(10_000, TimeSpan.FromHours(hours)))]);
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeys = MaxKeys, MaxKeysPerTenant = MaxKeys }, _time);
        engine.Execute(Requests.Of(spec, -1, Operation.Peek, permits: 0));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        Fill(engine, spec, withIds, requests, subject);

        var taken = GC.GetTotalMemory(forceFullCollection: true) - before;
        var share = (double)taken / (MaxKeys * PlainBytes);
        TestContext.Current.SendDiagnosticMessage(
            $"{algorithm} x{bandwidths} ids={withIds} requests={requests} subject={subject}: {engine.KeyCount} keys of "
            + $"{taken / engine.KeyCount} B, {share:F2} of the bound");
        Assert.True(share is >= 0.7 and <= 1.3,
            string.Create(CultureInfo.InvariantCulture, $"{engine.KeyCount} keys take {taken} bytes, {share:F2} of the bound."));
    }

    [Theory]
    [InlineData(20, 100)]
    [InlineData(36, 140)]
    [InlineData(64, 164)]
    public void A_plain_key_takes_no_more_than_so_many_bytes(int subject, int most)
    {
        var spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10_000, TimeSpan.FromHours(1)));
        using var engine = new MemoryEngine(new MemoryEngineOptions { MaxKeysPerTenant = 1_000_000 }, _time);
        engine.Execute(Requests.Of(spec, -1, Operation.Peek, permits: 0));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        Fill(engine, spec, withIds: false, requests: 1, subject);

        Assert.Equal(MaxKeys, engine.KeyCount);
        Assert.InRange((GC.GetTotalMemory(forceFullCollection: true) - before) / MaxKeys, most - 20, most);
    }

    private void Fill(MemoryEngine engine, LimitSpec spec, bool withIds, int requests, int subject)
    {
        for (var key = 0; key < MaxKeys; key++)
        {
            var name = key.ToString(CultureInfo.InvariantCulture).PadLeft(subject, 'u');
            for (var i = 0; i < requests; i++)
            {
                var id = withIds ? RequestId.Of(i.ToString(CultureInfo.InvariantCulture).PadLeft(64, 'i')) : RequestId.None;
                var turn = spec.Algorithm == Algorithm.LeakyBucket ? new LeaseId((UInt128)i + 1) : LeaseId.None;
                var request = new LimitRequest(SubjectKey.Of(Requests.Acme, name), spec, Operation.Acquire, Permits.One, id, turn);
                if (engine.Execute(request).IsFault)
                    return;
                if (requests > 1)
                    _time.Advance(TimeSpan.FromMicroseconds(1));
            }
        }
    }
}
