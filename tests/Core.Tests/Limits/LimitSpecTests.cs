using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class LimitSpecTests
{
    private static readonly Bandwidth TenAMinute = Bandwidth.Of(10, TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    public void A_spec_has_one_to_eight_bandwidths(int count)
    {
        Assert.Equal($"bandwidths is {count}: it must hold 1 to 8 bandwidths.",
            Complaint(Algorithm.TokenBucket, Enumerable.Repeat(TenAMinute, count)));
        Assert.Null(Complaint(Algorithm.TokenBucket, Enumerable.Repeat(TenAMinute, 8)));
    }

    [Theory]
    [InlineData(Algorithm.LeakyBucket, "leakyBucket")]
    [InlineData(Algorithm.Concurrency, "concurrency")]
    public void A_leaky_bucket_and_a_concurrency_limit_have_exactly_one_bandwidth(Algorithm algorithm, string name)
    {
        Assert.Equal($"bandwidths is 2: it must hold exactly 1 bandwidth for {name}.", Complaint(algorithm, [TenAMinute, TenAMinute]));
        Assert.Null(Complaint(algorithm, [TenAMinute]));
    }

    [Theory]
    [InlineData(Algorithm.FixedWindow)]
    [InlineData(Algorithm.SlidingWindowCounter)]
    [InlineData(Algorithm.SlidingWindowLog)]
    [InlineData(Algorithm.Concurrency)]
    public void A_burst_is_refused_where_there_is_no_bucket(Algorithm algorithm) => Assert.Equal(
        "bandwidths[0].burst is 20: it may be set for tokenBucket, gcra and leakyBucket only.",
        Complaint(algorithm, [Bandwidth.Of(10, TimeSpan.FromMinutes(1), 20)]));

    [Theory]
    [InlineData(Algorithm.SlidingWindowLog,
        "bandwidths[0].limit is 10001: it must be at most 10,000 for slidingWindowLog, which remembers every permit.")]
    [InlineData(Algorithm.Concurrency,
        "bandwidths[0].limit is 10001: it must be at most 10,000 for concurrency, which remembers every place.")]
    public void What_remembers_each_permit_has_at_most_10_000(Algorithm algorithm, string complaint)
    {
        Assert.Equal(complaint, Complaint(algorithm, [Bandwidth.Of(10_001, TimeSpan.FromMinutes(1))]));
        Assert.Null(Complaint(algorithm, [Bandwidth.Of(10_000, TimeSpan.FromMinutes(1))]));
    }

    [Fact]
    public void The_wrong_one_of_several_bandwidths_is_named_by_its_place() => Assert.StartsWith(
        "bandwidths[2].limit is 10001:",
        Complaint(Algorithm.SlidingWindowLog, [TenAMinute, TenAMinute, Bandwidth.Of(10_001, TimeSpan.FromMinutes(1))]),
        StringComparison.Ordinal);

    [Fact]
    public void A_revision_is_at_least_0()
    {
        Assert.False(LimitSpec.TryCreate(Algorithm.Gcra, [TenAMinute], -1, out _, out var error));

        Assert.Equal("revision is -1: it must be at least 0.", error.ToString());
    }

    [Fact]
    public void Of_throws_what_TryCreate_complains_of() => Assert.Equal(
        "bandwidths is 0: it must hold 1 to 8 bandwidths.",
        Assert.Throws<ArgumentException>(() => LimitSpec.Of(Algorithm.Gcra)).Message);

    [Fact]
    public void The_capacity_is_the_smallest_of_all_bandwidths() =>
        Assert.Equal(3, LimitSpec.Of(Algorithm.TokenBucket, TenAMinute, Bandwidth.Of(50, TimeSpan.FromHours(1), 3)).Capacity);

    [Theory]
    [InlineData("tokenBucket;10/60000000/10", 0xEF0E6C47F17513A0UL, Algorithm.TokenBucket, null)]
    [InlineData("gcra;10/60000000/20", 0xCBCD595ACA253876UL, Algorithm.Gcra, 20L)]
    public void The_hash_is_the_same_on_every_machine_and_in_every_run(string text, ulong hash, Algorithm algorithm, long? burst)
    {
        var spec = LimitSpec.Of(algorithm, Bandwidth.Of(10, TimeSpan.FromMinutes(1), burst));

        Assert.Equal(text, spec.ToString());
        Assert.Equal(hash, spec.Version.ContentHash);
    }

    [Fact]
    public void Each_number_and_the_algorithm_and_the_order_are_in_the_hash()
    {
        var hour = Bandwidth.Of(10, TimeSpan.FromHours(1));
        LimitSpec[] specs =
        [
            LimitSpec.Of(Algorithm.TokenBucket, TenAMinute),
            LimitSpec.Of(Algorithm.Gcra, TenAMinute),
            LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(11, TimeSpan.FromMinutes(1))),
            LimitSpec.Of(Algorithm.TokenBucket, hour),
            LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromMinutes(1), 20)),
            LimitSpec.Of(Algorithm.TokenBucket, TenAMinute, hour),
            LimitSpec.Of(Algorithm.TokenBucket, hour, TenAMinute),
        ];

        Assert.Equal(specs.Length, specs.Select(spec => spec.Version.ContentHash).Distinct().Count());
        Assert.Equal(specs[0].Version, LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(60), 10)).Version);
    }

    [Fact]
    public void Algorithms_are_named_in_camel_case_and_read_in_any()
    {
        Assert.Equal(
            "tokenBucket, gcra, fixedWindow, slidingWindowCounter, slidingWindowLog, leakyBucket, concurrency", AlgorithmNames.All);
        foreach (var algorithm in Enum.GetValues<Algorithm>())
        {
            Assert.True(AlgorithmNames.TryParse(AlgorithmNames.NameOf(algorithm).ToUpperInvariant(), out var read));
            Assert.Equal(algorithm, read);
        }

        Assert.False(AlgorithmNames.TryParse("bucket", out _));
        Assert.False(AlgorithmNames.TryParse("0", out _));
        Assert.False(AlgorithmNames.TryParse(null, out _));
    }

    private static string? Complaint(Algorithm algorithm, IEnumerable<Bandwidth> bandwidths) =>
        LimitSpec.TryCreate(algorithm, [.. bandwidths], 0, out _, out var error) ? null : error.ToString();
}
