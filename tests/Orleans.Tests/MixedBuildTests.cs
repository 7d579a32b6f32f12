using Microsoft.Extensions.DependencyInjection;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// Silos and front ends of the build before algorithms had actors of their own, in one cluster with those of this build: what a rolling
/// update meets, and one that is taken back.
/// </summary>
public sealed class MixedBuildTests
{
    private const int LongestWait = 120_000;
    private const int KeysOfAKind = 30;

    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = LongestWait)]
    public async Task Front_ends_of_both_builds_share_every_count_of_silos_of_both()
    {
        var (silos, build) = await StartAsync(isBefore: true);
        await using var ends = silos;
        await JoinAsync(silos, build, isBefore: false);
        var before = silos.FrontEnd(isBefore: true);

        foreach (var (key, spec, _) in Keys())
        {
            var admitted = 0;
            for (var i = 0; i < 14; i++)
                admitted += await AskAsync(i % 2 == 0 ? before : silos.Engine, key, spec);
            Assert.Equal(10, admitted);
        }

        // The one actor that both builds have counts, in either silo.
        Assert.All(
            Keys(), key => Assert.Equal([TestSilos.CommonIdOf(key.Name)], TestSilos.IdsOf(TestSilos.Key(key.Name)).Where(silos.IsActive)));
        Assert.Equal(2, Keys().Select(key => silos.SiloOf(TestSilos.CommonIdOf(key.Name))).Distinct().Count());
    }

    [Fact(Timeout = LongestWait)]
    public async Task After_the_last_silo_of_the_build_before_the_own_actors_go_on_with_what_was_used()
    {
        var (silos, build) = await StartAsync(isBefore: true);
        await using var ends = silos;
        await JoinAsync(silos, build, isBefore: false);
        var before = silos.FrontEnd(isBefore: true);
        foreach (var (key, spec, _) in Keys())
            Assert.Equal(4, await RemainingAsync(silos.Engine, key, spec, cost: 6));
        var old = silos.Cluster.Silos[0];
        var left = Keys()
            .ToDictionary(key => key.Name, key => silos.SiloOf(TestSilos.CommonIdOf(key.Name)) == old && !key.IsStored ? 10 : 4);
        Assert.Equal(2, left.Values.Distinct().Count());

        await silos.Cluster.StopSiloAsync(old, Cancellation);
        await SettleAsync(silos, isNamed: true);

        foreach (var (key, spec, _) in Keys())
        {
            // What is not stored goes with its silo, in this update as in any.
            Assert.Equal(left[key], await RemainingAsync(before, key, spec));
            Assert.Equal(left[key] - 1, await RemainingAsync(silos.Engine, key, spec, cost: 1));
            Assert.Equal(left[key] - 2, await RemainingAsync(before, key, spec, cost: 1));
            Assert.True(silos.IsActive(TestSilos.IdOf(key)), key);
        }
    }

    [Fact(Timeout = LongestWait)]
    public async Task A_key_is_not_begun_anew_while_a_silo_of_the_build_before_that_leaves_has_not_stored_it()
    {
        var (silos, build) = await StartAsync(isBefore: true);
        await using var ends = silos;
        await JoinAsync(silos, build, isBefore: false);
        var (spec, old) = (TestSilos.TenAnHour, silos.Cluster.Silos[0]);
        var stored = Keys().Where(key => key.IsStored).Select(key => key.Name).ToList();
        foreach (var key in stored)
            Assert.Equal(4, await RemainingAsync(silos.Engine, key, spec, cost: 6));
        var leaving = stored.Where(key => silos.SiloOf(TestSilos.CommonIdOf(key)) == old).ToList();
        foreach (var key in leaving)
            silos.Disk.Hold(TestSilos.CommonIdOf(key));

        var stopped = silos.Cluster.StopSiloAsync(old, Cancellation);
        await LeavesAsync(silos, old.SiloAddress);
        var looks = leaving.Select(key => silos.AskAsync(key, spec, Operation.Peek, 0, Cancellation).AsTask()).ToList();
        Assert.Equal((byte)ReplyKind.AskCommon, (await AskOwnActorAsync(silos, leaving[0], spec)).Kind);
        foreach (var key in leaving)
            silos.Disk.Release(TestSilos.CommonIdOf(key));
        await stopped;

        // A call that was under way to the silo may fail with it.
        Assert.All((await Task.WhenAll(looks)).Where(look => !look.IsFault), look => Assert.Equal(4, look.Decision.Remaining));
        await SettleAsync(silos, isNamed: true);
        foreach (var key in leaving)
            Assert.Equal(4, await RemainingAsync(silos.Engine, key, spec));
    }

    [Fact(Timeout = LongestWait)]
    public async Task Front_ends_of_the_build_before_share_every_count_of_silos_of_this_one()
    {
        var (silos, _) = await StartAsync(isBefore: false);
        await using var ends = silos;
        var before = silos.FrontEnd(isBefore: true);

        foreach (var (key, spec, _) in Keys())
        {
            Assert.Equal(7, await RemainingAsync(before, key, spec, cost: 3));
            Assert.Equal(5, await RemainingAsync(silos.Engine, key, spec, cost: 2));
            Assert.Equal(4, await RemainingAsync(before, key, spec, cost: 1));
            Assert.Equal(3, await RemainingAsync(silos.Engine, key, spec, cost: 1));
        }
    }

    /// <summary>
    /// As with a crash of a key's owner: what its last snapshot did not know may be admitted once more. A key that is stored loses
    /// nothing where its actor is asked before its common one.
    /// </summary>
    [Fact(Timeout = LongestWait)]
    public async Task A_silo_of_the_build_before_that_joins_later_costs_a_key_one_capacity_and_a_stored_one_nothing()
    {
        var (silos, build) = await StartAsync(isBefore: false);
        await using var ends = silos;
        var before = silos.FrontEnd(isBefore: true);
        foreach (var (key, spec, _) in Keys())
            Assert.Equal(4, await RemainingAsync(silos.Engine, key, spec, cost: 6));
        Assert.All(Keys(), key => Assert.True(silos.IsActive(TestSilos.IdOf(key.Name))));

        await JoinAsync(silos, build, isBefore: true);

        var moved = new Dictionary<bool, int> { [true] = 0, [false] = 0 };
        foreach (var (key, spec, isStored) in Keys())
        {
            // A front end that has not noticed; then both kinds in turn.
            Assert.Equal((byte)ReplyKind.AskCommon, (await AskOwnActorAsync(silos, key, spec)).Kind);
            var admitted = 6;
            for (var i = 0; i < 14; i++)
                admitted += await AskAsync(i % 2 == 0 ? before : silos.Engine, key, spec);
            var isMoved = silos.SiloOf(TestSilos.CommonIdOf(key)) == silos.Cluster.Silos[^1];
            moved[isStored] += isMoved ? 1 : 0;
            Assert.Equal(isMoved && !isStored ? 16 : 10, admitted);
        }

        Assert.All(moved.Values, count => Assert.InRange(count, 1, KeysOfAKind - 1));
    }

    private static async Task<(TestSilos Silos, SiloBuild Build)> StartAsync(bool isBefore)
    {
        var build = new SiloBuild { IsBefore = isBefore };
        return (await TestSilos.StartAsync(options => options.SnapshotInterval = Never, count: 1, build: build), build);
    }

    private static async Task JoinAsync(TestSilos silos, SiloBuild build, bool isBefore)
    {
        build.IsBefore = isBefore;
        await silos.Cluster.StartAdditionalSiloAsync();
        await silos.Cluster.WaitForLivenessToStabilizeAsync();
        await SettleAsync(silos, isNamed: false);
    }

    /// <summary>Waits until all have noticed which silos there are.</summary>
    private static async Task SettleAsync(TestSilos silos, bool isNamed)
    {
        var count = silos.Cluster.Silos.Count;
        IServiceProvider[] all = [silos.Cluster.Client.ServiceProvider, .. silos.Cluster.Silos.Select(silo => silo.ServiceProvider)];
        foreach (var services in all)
        {
            await foreach (var types in services.GetRequiredService<IClusterManifestProvider>().Updates.WithCancellation(Cancellation))
            {
                if (types.Silos.Values.Count(silo => silo.Grains.Count > 0) == count && NamedActors.AreEverywhere(types) == isNamed)
                    break;
            }
        }
    }

    /// <summary>Waits until the other silo no longer lists what a silo has that is about to leave.</summary>
    private static async Task LeavesAsync(TestSilos silos, SiloAddress leaving)
    {
        var services = silos.Cluster.Silos.Single(silo => !silo.SiloAddress.Equals(leaving)).ServiceProvider;
        await foreach (var types in services.GetRequiredService<IClusterManifestProvider>().Updates.WithCancellation(Cancellation))
        {
            if (!types.Silos.ContainsKey(leaving))
                break;
        }

        Assert.False(services.GetRequiredService<ISiloStatusOracle>().IsDeadSilo(leaving));
    }

    /// <summary>Keys of a limit that is stored, and of one that is not.</summary>
    private static IEnumerable<(string Name, LimitSpec Spec, bool IsStored)> Keys() => Enumerable.Range(0, KeysOfAKind).SelectMany(
        i => ((string, LimitSpec, bool)[])[($"stored-{i}", TestSilos.TenAnHour, true), ($"key-{i}", TestSilos.TenASecond, false)]);

    private static async ValueTask<LimitReplyMessage> AskOwnActorAsync(TestSilos silos, string key, LimitSpec spec)
    {
        var call = WireMap.ToMessage(new LimitRequest(TestSilos.Key(key), spec, Operation.Acquire, Permits.One), new SpecCatalog());
        return await silos.Cluster.Client.GetGrain<ITokenBucketGrain>(TestSilos.IdOf(key)).ExecuteAsync(call, Cancellation);
    }

    private static async Task<int> AskAsync(OrleansEngine engine, string key, LimitSpec spec)
    {
        var reply = await engine.ExecuteAsync(new LimitRequest(TestSilos.Key(key), spec, Operation.Acquire, Permits.One), Cancellation);
        Assert.False(reply.IsFault, $"{key}: {reply.Fault.Kind}");
        return (int)reply.Decision.Charged;
    }

    private static async Task<long> RemainingAsync(OrleansEngine engine, string key, LimitSpec spec, int cost = 0)
    {
        var operation = cost == 0 ? Operation.Peek : Operation.Acquire;
        var reply = await engine.ExecuteAsync(new LimitRequest(TestSilos.Key(key), spec, operation, Permits.Of(cost)), Cancellation);
        Assert.False(reply.IsFault, $"{key}: {reply.Fault.Kind}");
        return reply.Decision.Remaining;
    }
}
