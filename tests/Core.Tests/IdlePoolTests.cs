using OrleansLimiter.Core.Collections;
using Xunit;

namespace OrleansLimiter.Core.Tests;

public sealed class IdlePoolTests
{
    [Fact]
    public void What_comes_back_is_used_again_and_so_many_wait_at_most()
    {
        var made = 0;
        var pool = new IdlePool<object>(() =>
        {
            made++;
            return new object();
        });
        var rented = Enumerable.Range(0, 2 * IdlePool<object>.MaxIdle).Select(_ => pool.Rent()).ToHashSet();
        Assert.Equal((2 * IdlePool<object>.MaxIdle, made), (rented.Count, made));
        foreach (var one in rented)
            pool.Return(one);

        // One more stands where the next caller looks first.
        Assert.Equal(IdlePool<object>.MaxIdle + 1, pool.Count);
        var again = Enumerable.Range(0, pool.Count).Select(_ => pool.Rent()).ToHashSet();
        Assert.Equal((IdlePool<object>.MaxIdle + 1, 0), (again.Count, pool.Count));
        Assert.Subset(rented, again);
        Assert.Equal(rented.Count, made);
    }
}
