using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Core.Tests.Limits;

public sealed class SpecVersionTests
{
    // Oldest first.
    private static readonly SpecVersion[] InOrder = [new(0, 0), new(0, 1), new(0, ulong.MaxValue), new(1, 0), new(1, long.MaxValue + 1UL), new(long.MaxValue, 5)];

    [Fact]
    public void The_higher_revision_is_newer_and_then_the_higher_hash()
    {
        for (var i = 0; i < InOrder.Length; i++)
        {
            for (var j = 0; j < InOrder.Length; j++)
            {
                var (a, b) = (InOrder[i], InOrder[j]);
                Assert.Equal((i < j, i <= j, i > j, i >= j, i == j), (a < b, a <= b, a > b, a >= b, a == b));
                Assert.Equal(Math.Sign(i - j), Math.Sign(a.CompareTo(b)));
            }
        }
    }
}
