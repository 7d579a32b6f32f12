using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>
/// Every field of every answer equals that of a naive model written from the rules, over random schedules. The model
/// finds waits by looking and knows nothing of the Core's arithmetic.
/// </summary>
public sealed class AgainstTheReferenceTests
{
    private const int Steps = 60;

    public static TheoryData<Algorithm, Flavour> Everything
    {
        get
        {
            var data = new TheoryData<Algorithm, Flavour>();
            foreach (var algorithm in RandomSpecs.All)
            {
                foreach (var flavour in Enum.GetValues<Flavour>())
                    data.Add(algorithm, flavour);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_answer_is_the_one_that_the_rules_give(Algorithm algorithm, Flavour flavour) =>
        ForSeeds(1, SchedulesFor(algorithm), seed => Difference(seed, algorithm, flavour, stepsBack: false, changesPolicy: false));

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_answer_is_the_one_that_the_rules_give_when_the_clock_steps_back(Algorithm algorithm, Flavour flavour) =>
        ForSeeds(100_000, SchedulesFor(algorithm), seed => Difference(seed, algorithm, flavour, stepsBack: true, changesPolicy: false));

    [Theory]
    [MemberData(nameof(Everything))]
    public void Every_answer_is_the_one_that_the_rules_give_when_the_policy_changes(Algorithm algorithm, Flavour flavour) =>
        ForSeeds(200_000, SchedulesFor(algorithm), seed =>
            Difference(seed, algorithm, flavour, stepsBack: seed % 2 == 0, changesPolicy: true));

    private static int SchedulesFor(Algorithm algorithm) => algorithm is Algorithm.SlidingWindowLog or Algorithm.Concurrency ? 150 : 250;

    private static void ForSeeds(long first, int count, Func<long, string?> difference)
    {
        string? found = null;
        Parallel.For(first, first + count, (seed, loop) =>
        {
            if (difference(seed) is not { } text)
                return;
            Interlocked.CompareExchange(ref found, text, null);
            loop.Stop();
        });
        Assert.True(found is null, found);
    }

    private static string? Difference(long seed, Algorithm algorithm, Flavour flavour, bool stepsBack, bool changesPolicy)
    {
        var dice = new Dice(seed);
        var specs = new List<LimitSpec> { RandomSpecs.Draw(dice, algorithm, flavour) };
        for (var (revision, number) = (0, 1); changesPolicy && number <= 3; number++)
        {
            // As often another content of the same revision: a changed configuration, and front ends that are restarted one by one.
            revision += (int)dice.From(0, 1);
            var next = dice.OnceIn(3) ? dice.OneOf<Algorithm>([.. RandomSpecs.All]) : algorithm;
            specs.Add(RandomSpecs.Draw(dice, next, dice.OnceIn(4) ? dice.OneOf(Enum.GetValues<Flavour>()) : flavour, revision));
        }

        var steps = new RandomSteps(dice, flavour, stepsBack);
        var done = new List<string>();
        var keySpec = specs[0];
        var start = new Instant(steps.Now);
        var state = LimitKey.Fresh(keySpec, start);
        var reference = new KeyReference(keySpec, start);
        for (var i = 0; i < Steps; i++)
        {
            steps.MoveClock(keySpec);
            var spec = specs[(int)dice.From(0, Math.Min(specs.Count - 1, 1 + (i * specs.Count / Steps)))];
            var request = steps.Draw(spec, keySpec);
            var now = new Instant(steps.Now);
            var lease = steps.NewLease();
            var actual = LimitKey.Execute(ref keySpec, ref state, request, lease, now);
            var expected = reference.Execute(request, lease, now);
            done.Add($"{now.Microseconds}: {request.Operation} {request.Permits.Count} id={request.Id.Value} under "
                + $"{request.Spec.Version.Revision} {request.Spec}");
            if (actual != expected)
                return Text(seed, done, Line(expected), Line(actual));
            if (LimitKey.ForgettableAt(keySpec, state, now) is var forgettable && forgettable != reference.ForgettableAt(now))
                return Text(seed, done, $"forgettable at {reference.ForgettableAt(now).Microseconds}", $"{forgettable.Microseconds}");
            steps.Learn(actual);
        }

        return null;
    }

    private static string Line(EngineReply reply) => reply.IsFault
        ? reply.Fault.Kind.ToString()
        : $"{reply.Decision.Outcome} remaining={reply.Decision.Remaining} of {reply.Decision.Limit} [{reply.Decision.Tightest}] "
            + $"charged={reply.Decision.Charged}"
            + $" retry={reply.Decision.RetryAfter.Microseconds} reset={reply.Decision.ResetAfter.Microseconds} "
                + $"next={reply.Decision.NextAfter.Microseconds}"
            + $" delay={reply.Decision.Delay.Microseconds} lease={reply.Decision.Lease} moved={reply.Moved} newer={reply.NewerSpec}";

    private static string Text(long seed, List<string> done, string expected, string actual) =>
        $"seed {seed}:\n{string.Join('\n', done)}\nexpected {expected}\nactual   {actual}";
}
