using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using Xunit;

namespace OrleansLimiter.Core.Tests;

/// <summary>An acquire or a peek in two halves, the second of which does not see the key.</summary>
public sealed class TwoHalvesTests
{
    private const int Seeds = 600;
    private const int Steps = 40;

    [Theory]
    [MemberData(nameof(RandomLife.Algorithms), MemberType = typeof(RandomLife))]
    public void What_is_decided_in_halves_is_what_is_decided_as_a_whole(Algorithm algorithm)
    {
        var halved = 0;
        RandomLife.ForSeeds(Seeds, (dice, flavour) =>
        {
            var spec = RandomSpecs.Draw(dice, algorithm, flavour);
            var walk = new RandomSteps(dice, flavour, stepsBack: dice.OnceIn(3));
            var (whole, halves) = (LimitKey.Fresh(spec, new Instant(walk.Now)), LimitKey.Fresh(spec, new Instant(walk.Now)));
            for (var i = 0; i < Steps; i++)
            {
                walk.MoveClock(spec);
                var request = walk.Draw(spec, spec);
                var (now, lease) = (new Instant(walk.Now), new LeaseId((UInt128)i + 1));
                var reply = LimitKey.Execute(ref spec, ref whole, request, lease, now);
                walk.Learn(reply);
                if (request.Operation > Operation.Peek || !request.Id.IsNone || !request.Lease.IsNone || !halves.IsPlain
                    || !spec.Rules.TryDecide(ref halves.First, now, request.Operation, request.Permits.Count, out var verdict))
                {
                    LimitKey.Execute(ref spec, ref halves, request, lease, now);
                    continue;
                }

                // By now others may have changed the key.
                var after = LimitKey.Snapshot(spec, halves);
                spec.Rules.TryDecide(ref halves.First, new Instant(walk.Now + 1), Operation.AcquireUpTo, long.MaxValue, out _);
                Assert.True(LimitKey.TryRestore(spec, after, out halves));
                spec.Rules.Describe(verdict, now, out var decision);
                Assert.Equal(reply.Decision, decision);
                Assert.Equal(LimitKey.Snapshot(spec, whole).Numbers, after.Numbers);
                Interlocked.Increment(ref halved);
            }
        });

        var isNumeric = algorithm is not (Algorithm.SlidingWindowLog or Algorithm.Concurrency);
        Assert.Equal(isNumeric, halved > Seeds);
    }
}
