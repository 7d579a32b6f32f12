using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class SpecVersionTests
{
    private static readonly SpecVersion[] All = [
        new(0, 0), new(0, 1), new(0, ulong.MaxValue), new(1, 0), new(1, long.MaxValue + 1UL), new(long.MaxValue, 5)];

    [Fact]
    public void The_higher_revision_is_newer_and_no_hash_decides()
    {
        foreach (var one in All)
        {
            foreach (var other in All)
                Assert.Equal(one.Revision > other.Revision, one.IsNewerThan(other));
        }
    }
}
