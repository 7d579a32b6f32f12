using OrleansLimiter.Engines.Orleans;
using Xunit;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>What a front end remembers of policies whose keys are counted by their common actors.</summary>
public sealed class CommonPoliciesTests
{
    [Fact]
    public void A_policy_that_was_added_goes_to_the_common_actors_but_for_one_call_in_so_many()
    {
        var policies = new CommonPolicies();
        Assert.False(policies.Has("default", out _));

        policies.Add("default");

        Assert.False(policies.Has("other", out var isTried));
        Assert.False(isTried);
        var tried = Enumerable.Range(1, 3 * CommonPolicies.TriedOnceIn)
            .Where(_ => !policies.Has("default", out var isCallTried) && isCallTried)
            .ToList();
        Assert.Equal([CommonPolicies.TriedOnceIn, 2 * CommonPolicies.TriedOnceIn, 3 * CommonPolicies.TriedOnceIn], tried);
    }

    [Fact]
    public void A_policy_that_was_removed_goes_to_its_own_actors()
    {
        var policies = new CommonPolicies();
        policies.Add("default");
        policies.Add("other");

        policies.Remove("default");

        Assert.False(policies.Has("default", out var isTried));
        Assert.False(isTried);
        Assert.True(policies.Has("other", out _));
    }
}
