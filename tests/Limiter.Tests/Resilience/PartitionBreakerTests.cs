namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>Breakers of parts of an engine, which leave the others alone.</summary>
public sealed class PartitionBreakerTests
{
    [Fact]
    public async Task A_sick_partition_is_left_out_and_the_keys_of_the_others_stay_at_the_engine()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        var up = stack.Remote.Link;
        stack.Remote.Link = (request, token) => request.Key.Subject[0] == 'a' ? FakeRemote.Away(request, token) : up(request, token);
        for (var i = 0; i < 200; i++)
        {
            Assert.Equal("local", (await stack.Ask("unlimited-bench", "a")).Source);
            Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "b")).Source);
        }

        Assert.Equal(20, stack.Remote.Sent.Count(request => request.Key.Subject == "a"));
        Assert.Equal(["1 engine=cluster scope=partition state=open"], stack.Measured(Stack.Transitions));
        Assert.Equal(
            ["Warning PartitionBreakerOpened: The engine cluster is not asked through its partition 0 for a while: too many calls failed "
                + "or were late. Other partitions are not affected."],
            stack.Logger.Lines);

        stack.Remote.Link = up;
        stack.Time.Advance(Stack.LongestPause);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal(
            ["1 engine=cluster scope=partition state=half_open", "1 engine=cluster scope=partition state=closed"],
            stack.Measured(Stack.Transitions)[1..]);
        Assert.Equal(
            ["Debug PartitionBreakerHalfOpen: One call sees whether the partition 0 of the engine cluster is back.",
                "Information PartitionBreakerClosed: The engine cluster answers through its partition 0 again."],
            stack.Logger.Lines[1..]);
    }

    [Fact]
    public async Task A_sick_partition_with_nine_tenths_of_the_calls_is_left_out_before_it_sends_everybody_home()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        var up = stack.Remote.Link;
        for (var i = 0; i < 100; i++)
            await stack.Ask("unlimited-bench", i % 10 == 0 ? "b" : "a");
        stack.Remote.Link = (request, token) => request.Key.Subject[0] == 'a' ? FakeRemote.Away(request, token) : up(request, token);
        for (var i = 0; i < 1_000; i++)
            Assert.Equal(i % 10 == 0 ? "cluster" : "local", (await stack.Ask("unlimited-bench", i % 10 == 0 ? "b" : "a")).Source);
        Assert.Equal(["1 engine=cluster scope=partition state=open"], stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task When_every_partition_is_sick_the_engine_comes_back_as_a_whole()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Partition = subject => subject[0] - 'a';
        stack.Remote.Link = FakeRemote.Away;
        for (var i = 0; i < 100; i++)
            Assert.Equal("local", (await stack.Ask("unlimited-bench", i % 2 == 0 ? "a" : "b")).Source);
        Assert.InRange(stack.Remote.Sent.Count, 20, 40);
        stack.Remote.Link = stack.Remote.Up;
        stack.Time.Advance(Stack.LongestPause);
        for (var i = 0; i < 3; i++)
        {
            await stack.Ask("unlimited-bench", "a");
            await stack.Ask("unlimited-bench", "b");
        }

        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "a")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "b")).Source);
    }

    [Fact]
    public async Task Partitions_beyond_the_most_share_breakers_and_unknown_ones_have_none()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Partition = subject => int.Parse(subject, System.Globalization.CultureInfo.InvariantCulture);
        stack.Remote.Link = (request, token) =>
            request.Key.Subject == "3" ? FakeRemote.Away(request, token) : stack.Remote.Up(request, token);
        for (var i = 0; i < 40; i++)
        {
            await stack.Ask("unlimited-bench", "3");
            await stack.Ask("unlimited-bench", "-1");
        }

        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "4")).Source);
        Assert.Equal("cluster", (await stack.Ask("unlimited-bench", "-1")).Source);
        Assert.Equal("local", (await stack.Ask("unlimited-bench", "259")).Source);
    }
}
