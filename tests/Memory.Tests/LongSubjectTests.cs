using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Subjects that do not fit in a key's place.</summary>
public sealed class LongSubjectTests : IDisposable
{
    private const int Longest = 192;

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryEngine _engine;

    public LongSubjectTests() => _engine = new MemoryEngine(new MemoryEngineOptions(), _time);

    [Fact]
    public void Subjects_of_any_length_that_begin_alike_are_keys_of_their_own()
    {
        var spec = Requests.Spec(Algorithm.TokenBucket, 1_000, TimeSpan.FromHours(1));
        for (var length = 1; length <= Longest; length++)
        {
            Assert.Equal(1_000 - length, Ask(spec, new string('u', length), length));
            Assert.Equal(999 - length, Ask(spec, new string('u', length - 1) + 'v', 1 + length));
        }

        Assert.Equal(2 * Longest, _engine.KeyCount);
        for (var length = 1; length <= Longest; length++)
        {
            Assert.Equal(1_000 - length, Ask(spec, new string('u', length), 0));
            Assert.Equal(999 - length, Ask(spec, new string('u', length - 1) + 'v', 0));
        }
    }

    [Fact]
    public void A_long_subject_stays_the_same_key_when_its_policy_changes_and_is_forgotten_when_it_is_whole()
    {
        var name = new string('u', 100);
        Ask(Revised(0), name, 3);

        Assert.Equal(6, Ask(Revised(1), name, 1));
        Assert.Equal(10, Ask(Revised(1), name[..^1], 0));
        Assert.Equal(1, _engine.KeyCount);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _engine.KeyCount);

        static LimitSpec Revised(long revision) =>
            LimitSpec.TryCreate(Algorithm.TokenBucket, [Bandwidth.Of(10, TimeSpan.FromMinutes(1))], revision, out var spec, out var error)
                ? spec
                : throw new InvalidOperationException(error.ToString());
    }

    public void Dispose() => _engine.Dispose();

    private long Ask(LimitSpec spec, string subject, int permits)
    {
        var reply = _engine.Execute(new LimitRequest(
            SubjectKey.Of(Requests.Acme, subject), spec, permits == 0 ? Operation.Peek : Operation.Acquire, Permits.Of(permits)));
        Assert.False(reply.IsFault);
        return reply.Decision.Remaining;
    }
}
