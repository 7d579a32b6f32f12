using OrleansLimiter.ClusterBench.Exact;

namespace OrleansLimiter.ClusterBench.Tests;

public class WindowBoundaryTests
{
    private const long AnHour = 3600 * 498_697L;

    [Theory]
    [InlineData(-30, 60)]
    [InlineData(-1, 31)]
    [InlineData(0, 30)]
    [InlineData(29, 1)]
    public void Near_a_boundary_a_window_policy_is_refused_and_told_how_long_to_wait(int seconds, int wait)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(AnHour + seconds);

        var refusal = Assert.Throws<UsageException>(() => WindowBoundary.MustBeFar("exact-fixed-window", now));
        Assert.EndsWith($"Start again in {wait} s.", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => WindowBoundary.MustBeFar("exact-sliding-window", now));
        WindowBoundary.MustBeFar("exact-fixed-window", now.AddSeconds(wait));
        WindowBoundary.MustBeFar("exact-gcra", now);
    }

    [Fact]
    public void Far_from_a_boundary_nothing_is_refused() =>
        WindowBoundary.MustBeFar("exact-fixed-window", DateTimeOffset.FromUnixTimeSeconds(AnHour - 31));
}
