using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>What a breaker costs a call.</summary>
public sealed class BreakerAllocationTests
{
    private const int Calls = 10_000;

    [Fact]
    public void A_call_past_closed_breakers_that_is_answered_at_once_allocates_nothing_of_its_own()
    {
        using var rig = new Rig(new ScriptedEngine());
        var partitions = new FakeRemote(rig.Time) { Partition = _ => 1 };
        var engine = MadeCalls.To(new ScriptedEngine(), rig.Meters, TimeProvider.System, rig.Logger, partitions);
        var request = new LimitRequest(
            SubjectKey.Of(KeyScope.Of("t", "default"), "a"), rig.Settings.Policy("default").SpecFor("free"), Operation.Acquire,
            Permits.One);
        AllocatedBy(engine, request);

        // Now and then a window of counts begins, and contexts come from a pool that other tests use: far less than a byte a call.
        Assert.InRange(AllocatedBy(engine, request), 0, Calls / 10);
    }

    private static long AllocatedBy(RemoteCalls engine, LimitRequest request)
    {
        var answered = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
        {
            var pending = engine.ExecuteAsync(request, CancellationToken.None);
            answered += pending.IsCompletedSuccessfully && pending.Result.Source == ReplySource.Engine ? 1 : 0;
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Calls, answered);
        return allocated;
    }
}
