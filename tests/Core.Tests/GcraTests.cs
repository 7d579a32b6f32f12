using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Tests.Reference;
using OrleansLimiter.TestKit;
using Xunit;

namespace OrleansLimiter.Core.Tests;

public sealed class GcraTests
{
    [Fact]
    public void Gcra_answers_exactly_as_the_token_bucket_while_the_clock_does_not_step_back() =>
        RandomLife.ForSeeds(2_000, (dice, flavour) =>
    {
        var bucketSpec = RandomSpecs.Draw(dice, Algorithm.TokenBucket, flavour);
        Assert.True(LimitSpec.TryCreate(Algorithm.Gcra, bucketSpec.Bandwidths, 0, out var gcraSpec, out _));
        var walk = new RandomSteps(dice, flavour, stepsBack: false);
        var bucket = new LiveKey(bucketSpec, walk.Now);
        var gcra = new LiveKey(gcraSpec, walk.Now);
        for (var i = 0; i < 60; i++)
        {
            walk.MoveClock(bucketSpec);
            bucket.Now = gcra.Now = walk.Now;
            var request = walk.Draw(bucketSpec, bucketSpec);
            var expected = bucket.Execute(request.Operation, request.Permits.Count, request.Id.Value);
            Assert.Equal(expected, gcra.Execute(request.Operation, request.Permits.Count, request.Id.Value));
            walk.Learn(expected);
        }
    });

    [Fact]
    public void Gcra_stays_equal_to_the_token_bucket_when_the_policy_changes() => RandomLife.ForSeeds(500, (dice, flavour) =>
    {
        var walk = new RandomSteps(dice, flavour, stepsBack: false);
        var (bucketSpec, gcraSpec) = Draw(dice, 0);
        var bucket = new LiveKey(bucketSpec, walk.Now);
        var gcra = new LiveKey(gcraSpec, walk.Now);
        for (var revision = 1; revision <= 4; revision++)
        {
            for (var i = 0; i < 15; i++)
            {
                walk.MoveClock(bucketSpec);
                bucket.Now = gcra.Now = walk.Now;
                var request = walk.Draw(bucketSpec, bucketSpec);
                Assert.Equal(bucket.Execute(request.Operation, request.Permits.Count),
                    gcra.Execute(request.Operation, request.Permits.Count));
            }

            (bucketSpec, gcraSpec) = Draw(dice, revision);
            (bucket.Caller, gcra.Caller) = (bucketSpec, gcraSpec);
        }

        (LimitSpec Bucket, LimitSpec Gcra) Draw(Dice drawing, int revision)
        {
            var spec = RandomSpecs.Draw(drawing, Algorithm.TokenBucket, flavour, revision);
            Assert.True(LimitSpec.TryCreate(Algorithm.Gcra, spec.Bandwidths, revision, out var same, out _));
            return (spec, same);
        }
    });
}
