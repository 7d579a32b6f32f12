using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Grains;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>A key's actor is looked up once, and never another key's.</summary>
public sealed class ActorReferencesTests
{
    [Fact]
    public void The_same_key_gets_the_same_reference()
    {
        var (actors, lookUps) = Counted();
        var first = actors.Of(TestSilos.Key("one"), Algorithm.TokenBucket, out _).Actor;

        Assert.Same(first, actors.Of(TestSilos.Key("one"), Algorithm.TokenBucket, out _).Actor);
        Assert.Equal(["acme/default/one"], lookUps);
    }

    [Fact]
    public void A_key_whose_algorithm_changed_is_looked_up_again()
    {
        var (actors, lookUps) = Counted();
        actors.Of(TestSilos.Key("one"), Algorithm.TokenBucket, out _);

        Assert.IsType<IGcraGrain>(actors.Of(TestSilos.Key("one"), Algorithm.Gcra, out _).Actor, exactMatch: false);
        Assert.Equal(2, lookUps.Count);
    }

    [Fact]
    public void Keys_that_share_a_place_never_get_each_others_actor()
    {
        var (actors, lookUps) = Counted();
        var keys = Enumerable.Range(0, 2 * ActorReferences.Places).Select(i => TestSilos.Key($"user-{i}")).ToArray();
        foreach (var key in keys)
            actors.Of(key, Algorithm.TokenBucket, out _);
        lookUps.Clear();

        // Twice as many keys as places: at least every second one has lost its place.
        foreach (var key in keys)
        {
            var known = lookUps.Count;
            var actor = actors.Of(key, Algorithm.TokenBucket, out _).Actor;
            if (lookUps.Count > known)
                Assert.Equal(key.ToString(), lookUps[^1]);
            Assert.Equal(key.ToString(), ((Named)(object)actor).Name);
        }

        Assert.InRange(lookUps.Count, ActorReferences.Places, keys.Length);
    }

    private static (ActorReferences Actors, List<string> LookUps) Counted()
    {
        var lookUps = new List<string>();
        return (new ActorReferences(new ReachedCluster(ScriptedGrains.Named(lookUps), Types: null)), lookUps);
    }
}
