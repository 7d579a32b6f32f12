using OrleansLimiter.Resilience;

namespace OrleansLimiter.Limiter.Tests.Resilience;

public sealed class FaultRateTests
{
    private const long Second = 1_000;

    private readonly FaultRate _rate = new(TimeSpan.FromSeconds(2), frequency: Second);

    [Fact]
    public void A_call_counts_for_as_long_as_was_said_and_no_longer()
    {
        _rate.Add(7 * Second, isFault: true);
        _rate.Add(8 * Second, isFault: false);

        Assert.Equal((2, 1), _rate.Read(8 * Second));
        Assert.Equal((2, 1), _rate.Read(9 * Second - 1));
        Assert.Equal((1, 0), _rate.Read(9 * Second));
        Assert.Equal((1, 0), _rate.Read(10 * Second - 1));
        Assert.Equal((0, 0), _rate.Read(10 * Second));
    }

    [Fact]
    public void A_window_that_comes_round_again_starts_from_nothing()
    {
        for (var turn = 0; turn < 5; turn++)
            _rate.Add(turn * 2 * Second, isFault: true);
        Assert.Equal((1, 1), _rate.Read(8 * Second));
    }

    [Fact]
    public void Nothing_is_left_of_what_is_cleared()
    {
        _rate.Add(Second, isFault: true);
        _rate.Clear();
        Assert.Equal((0, 0), _rate.Read(Second));
    }

    [Fact]
    public async Task No_call_of_many_threads_is_lost()
    {
        const int Each = 20_000;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
                _rate.Add(Second, isFault: i % 4 == 0);
        })));
        Assert.Equal((8L * Each, 2L * Each), _rate.Read(Second));
    }
}
