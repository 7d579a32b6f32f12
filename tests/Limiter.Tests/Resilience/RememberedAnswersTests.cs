using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Resilience;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public class RememberedAnswersTests
{
    private static readonly KeyScope Scope = KeyScope.Of("t", "p");
    private static readonly LimitSpec Spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(20_000, TimeSpan.FromSeconds(60)));

    [Fact]
    public void They_never_grow_past_their_bound_and_the_oldest_key_gives_way()
    {
        var remembered = new RememberedAnswers(new FakeTimeProvider(), maxKeys: 1_000);
        for (var i = 0; i < 20_000; i++)
        {
            Note(remembered, $"user-{i}", new Decision { Remaining = i, Limit = 20_000, ResetAfter = Wait.OfMicroseconds(1_000_000) });
            Assert.True(i % 100 != 0 || remembered.Count <= 1_000);
        }

        Assert.Equal(1_000, remembered.Count);
        Assert.False(remembered.TryTake(SubjectKey.Of(Scope, "user-0"), Spec, out _));
        Assert.True(remembered.TryTake(SubjectKey.Of(Scope, "user-19999"), Spec, out var remaining));
        Assert.Equal((19_999, 999), (remaining, remembered.Count));
        Assert.False(remembered.TryTake(SubjectKey.Of(Scope, "user-19999"), Spec, out _));
        Note(remembered, "user-19998", new Decision { Remaining = 5, ResetAfter = Wait.None });
        Assert.Equal(998, remembered.Count);
        Assert.Equal(100_000, RememberedAnswers.MaxKeys);
    }

    [Theory]
    [InlineData(10, 10, 7)]
    [InlineData(10, 20, 17)]
    [InlineData(10, 2, 0)]
    public void What_was_remembered_under_another_content_is_taken_over_as_used(long limit, long now, long remaining)
    {
        var remembered = new RememberedAnswers(new FakeTimeProvider());
        Note(remembered, "user", new Decision { Remaining = 7, Limit = limit, ResetAfter = Wait.OfMicroseconds(1_000_000) });

        Assert.True(remembered.TryTake(
            SubjectKey.Of(Scope, "user"), LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(now, TimeSpan.FromSeconds(60))), out var taken));

        Assert.Equal(remaining, taken);
    }

    [Fact]
    public void A_key_that_gives_way_takes_its_refusals_along()
    {
        var remembered = new RememberedAnswers(new FakeTimeProvider(), maxKeys: 1);
        Refuse(remembered, "first");
        Assert.True(remembered.TryRefuse(Acquire("first"), out _, out _));
        Refuse(remembered, "second");
        Assert.False(remembered.TryRefuse(Acquire("first"), out _, out _));
        Assert.True(remembered.TryRefuse(Acquire("second"), out _, out _));
        Assert.Equal(1, remembered.Count);
    }

    private static LimitRequest Acquire(string subject) =>
        new(SubjectKey.Of(Scope, subject), Spec, Operation.Acquire, Permits.Of(1));

    private static void Note(RememberedAnswers remembered, string subject, Decision decision) =>
        remembered.Note(
            new LimitRequest(SubjectKey.Of(Scope, subject), Spec, Operation.Peek, Permits.Zero), EngineReply.Decided(decision), default);

    private static void Refuse(RememberedAnswers remembered, string subject)
    {
        var wait = Wait.OfMicroseconds(500_000);
        Assert.False(remembered.TryRefuse(Acquire(subject), out _, out var asked));
        var refusal = new Decision { Outcome = Outcome.Limited, Limit = 20_000, RetryAfter = wait, ResetAfter = wait, NextAfter = wait };
        remembered.Note(Acquire(subject), EngineReply.Decided(refusal), asked);
    }
}
