using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Limiter.Tests.Leases;

/// <summary>A place of a concurrency policy is held for as long as its lease is, and freed once.</summary>
public sealed class PlaceLeaseTests : IDisposable
{
    private const int Window = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan OneThird = TimeSpan.FromSeconds(Window) / 3;

    private readonly LimiterRig _rig = new(options => options.Policies["places"] = LimiterRig.Policy(1, Algorithm.Concurrency, Window));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Disposing_frees_the_place_once()
    {
        var first = await AcquireAsync();
        Assert.Equal((true, 0L, 1L), (first.IsAdmitted, first.Remaining, first.Limit));
        Assert.Equal(LimitReason.Limited, (await AcquireAsync()).Reason);
        await first.DisposeAsync();

        await using var second = await AcquireAsync();
        Assert.True(second.IsAdmitted);
        var asked = _rig.Asked;
        await first.DisposeAsync();
        first.Dispose();
        Assert.Equal(asked, _rig.Asked);
        Assert.False(await IsFreeAsync());
    }

    [Fact]
    public async Task Disposing_without_waiting_frees_it_too()
    {
        using (var lease = await AcquireAsync())
            Assert.True(lease.IsAdmitted);
        Assert.True(await IsFreeAsync());
    }

    [Fact]
    public async Task A_place_is_renewed_while_it_is_held_and_no_longer()
    {
        await using (var lease = await AcquireAsync())
        {
            Assert.True(lease.IsAdmitted);
            for (var third = 0; third < 9; third++)
            {
                _rig.Time.Advance(OneThird);
                Assert.True(await _rig.Renewed.WaitAsync(Patience, Cancellation));
                Assert.False(await IsFreeAsync());
            }
        }

        Assert.True(await IsFreeAsync());
        await using var next = await AcquireAsync();
        Assert.True(next.IsAdmitted);
    }

    [Fact]
    public async Task Nothing_but_a_place_is_renewed_or_asked_for_again()
    {
        using var rig = new LimiterRig(options => options.Policies["orders"] = LimiterRig.Policy(1));
        await using (await rig.Limiter.AcquireAsync("orders", "alice", cancellationToken: Cancellation))
            rig.Time.Advance(OneThird);
        Assert.Equal(1, rig.Asked);
    }

    [Fact]
    public async Task The_place_of_a_lease_that_is_lost_ends_with_its_window()
    {
        var lost = await LoseAsync();
        for (var i = 0; i < 10 && lost.IsAlive; i++)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        Assert.False(lost.IsAlive);

        _rig.Time.Advance(2 * OneThird);
        Assert.False(await IsFreeAsync());
        _rig.Time.Advance(OneThird);
        Assert.True(await IsFreeAsync());
    }

    [Fact]
    public async Task Somebody_else_may_release_a_place_by_its_name_and_hears_when_it_had_ended()
    {
        await using var lease = await AcquireAsync();
        Assert.True((await ReleaseAsync()).IsAdmitted);
        Assert.True(await IsFreeAsync());

        var again = await ReleaseAsync();
        Assert.Equal((false, LimitReason.UnknownPlace), (again.IsAdmitted, again.Reason));

        async Task<LimitResult> ReleaseAsync() => await _rig.Limiter.ReleaseAsync("Places", "alice", lease.PlaceId!, Cancellation);
    }

    [Fact]
    public async Task A_request_id_tells_the_same_place_again()
    {
        await using var lease = await _rig.Limiter.AcquireAsync("places", "alice", 1, "job-1", Cancellation);
        await using var again = await _rig.Limiter.AcquireAsync("places", "alice", 1, "job-1", Cancellation);
        Assert.NotNull(lease.PlaceId);
        Assert.Equal(lease.PlaceId, again.PlaceId);
        Assert.True(again.IsAdmitted);
    }

    [Fact]
    public async Task Disposing_does_not_fail_where_the_engine_does_not_answer()
    {
        var lease = await AcquireAsync();
        _rig.Instead = (_, _) => new(EngineReply.Failed(EngineFault.Unavailable));
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_without_waiting_does_not_fail_where_the_engine_does()
    {
        var lease = await AcquireAsync();
        _rig.Instead = (_, _) => throw new InvalidOperationException("A bug of the engine.");
        lease.Dispose();
        _rig.Instead = null;
        Assert.False(await IsFreeAsync());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<WeakReference> LoseAsync()
    {
        var lease = await AcquireAsync();
        Assert.True(lease.IsAdmitted);
        return new WeakReference(lease);
    }

    private async ValueTask<LimitLease> AcquireAsync() =>
        await _rig.Limiter.AcquireAsync("places", "alice", cancellationToken: Cancellation);

    private async Task<bool> IsFreeAsync() => (await _rig.Limiter.PeekAsync("places", "alice", cancellationToken: Cancellation)).IsAdmitted;
}
