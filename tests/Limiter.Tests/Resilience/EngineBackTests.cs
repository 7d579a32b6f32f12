using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Resilience;

namespace OrleansLimiter.Limiter.Tests.Resilience;

/// <summary>An engine that says that it is back, past the pause of its breaker.</summary>
public sealed class EngineBackTests
{
    [Fact]
    public async Task An_engine_that_says_it_is_back_is_asked_at_once_and_if_it_answers_by_everybody()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.Link = stack.Remote.Up;
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        await stack.Engine.LastLook;
        Assert.Equal(Operation.Peek, Assert.Single(stack.Remote.Sent.Skip(sent)).Operation);
        Assert.Equal("cluster", (await stack.Ask()).Source);
        Assert.Equal(
            ["1 engine=cluster scope=engine state=open", "1 engine=cluster scope=engine state=closed"], stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task An_engine_that_says_it_is_back_and_does_not_answer_yet_is_asked_again_soon()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        stack.Remote.SayBack();
        stack.Remote.Link = stack.Remote.Up;
        Assert.Equal("local", (await stack.Ask()).Source);
        stack.Time.Advance(RemoteCalls.BetweenLooks);
        await stack.Engine.LastLook;
        Assert.Equal("cluster", (await stack.Ask()).Source);
    }

    [Fact]
    public async Task An_engine_that_says_it_is_back_and_never_answers_is_left_to_the_breaker_after_a_while()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        stack.Remote.SayBack();
        while (!stack.Engine.LastLook.IsCompleted)
        {
            stack.Time.Advance(RemoteCalls.BetweenLooks);
            await Task.Yield();
        }

        Assert.Equal(RemoteCalls.MostLooks, stack.Remote.Sent.Count - sent);
        Assert.Equal(["1 engine=cluster scope=engine state=open"], stack.Measured(Stack.Transitions));
    }

    [Fact]
    public async Task Nobody_looks_at_an_engine_for_a_front_end_that_has_ended()
    {
        using var stack = Stack.Quiet();
        stack.Remote.Link = FakeRemote.Away;
        await stack.OpenTheBreaker();
        var sent = stack.Remote.Sent.Count;
        stack.Remote.SayBack();
        stack.Engine.Dispose();
        await stack.Engine.LastLook;
        stack.Remote.SayBack();
        Assert.Equal(sent + 1, stack.Remote.Sent.Count);
    }

    [Fact]
    public async Task An_engine_that_was_never_left_alone_is_not_asked_when_it_says_it_is_back()
    {
        using var stack = Stack.Quiet();
        stack.Remote.SayBack();
        await stack.Engine.LastLook;
        Assert.Empty(stack.Remote.Sent);
        Assert.Empty(stack.Measured(Stack.Transitions));
    }
}
