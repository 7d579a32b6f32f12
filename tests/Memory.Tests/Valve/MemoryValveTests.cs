using System.Globalization;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory.Valve;
using OrleansLimiter.TestKit;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Memory.Tests.Valve;

public sealed class MemoryValveTests : IDisposable
{
    private const int Threads = 8;

    private readonly FakeTimeProvider _time = new();
    private readonly MemoryValve _valve;

    public MemoryValveTests() => _valve = new MemoryValve(_time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sale_that_was_never_set_up_is_a_fault()
    {
        var sale = SaleId.Of("unknown");

        Assert.Equal(EngineFaultKind.Unavailable, (await _valve.JoinAsync(sale, User(1), Token)).Fault.Kind);
        Assert.Equal(EngineFaultKind.Unavailable, (await _valve.PollAsync(default, User(1), Token)).Fault.Kind);
        Assert.True((await _valve.StatusAsync(sale, Token)).IsFault);
        Assert.True((await _valve.CommandAsync(sale, ValveCommand.Pause, Token)).IsFault);
        Assert.True((await _valve.DrawAsync(sale, Token)).IsFault);
        Assert.Equal("memory", _valve.Source);
    }

    [Fact]
    public async Task Closed_sales_are_kept_for_their_draws_and_no_more_than_so_many()
    {
        var first = await SaleAsync("first", checkout: 1);
        await _valve.JoinAsync(first, User(1), Token);
        await _valve.CommandAsync(first, ValveCommand.Close, Token);
        await _valve.CommandAsync(first, ValveCommand.Close, Token);
        Assert.NotNull((await _valve.DrawAsync(first, Token)).Value.Seed);
        for (var i = 1; i < MemoryValve.MostClosed; i++)
            await _valve.CommandAsync(await SaleAsync($"sale-{i}", checkout: 1), ValveCommand.Close, Token);
        Assert.False((await _valve.DrawAsync(first, Token)).IsFault);

        await _valve.CommandAsync(await SaleAsync("one-more", checkout: 1), ValveCommand.Close, Token);
        Assert.True((await _valve.DrawAsync(first, Token)).IsFault);
        Assert.Equal(ValvePhase.Closed, (await _valve.StatusAsync(SaleId.Of("one-more"), Token)).Value.Phase);
    }

    [Fact]
    public async Task A_place_is_promised_in_the_call_that_makes_it_and_the_first_is_admitted_there()
    {
        var sale = await SaleAsync("a", checkout: 1);

        Assert.Equal(QueueState.Admitted, (await _valve.JoinAsync(sale, User(1), Token)).Value.State);
        Assert.Equal(1, (await _valve.JoinAsync(sale, User(2), Token)).Value.Position);
        Assert.Equal(0, (await _valve.StatusAsync(sale, Token)).Value.Unstored);
    }

    [Fact]
    public async Task Setting_a_sale_up_again_changes_nothing_and_sales_do_not_know_of_each_other()
    {
        var (a, b) = (await SaleAsync("a", checkout: 1), await SaleAsync("b", checkout: 1));
        await _valve.JoinAsync(a, User(1), Token);
        var seedHash = (await _valve.DrawAsync(a, Token)).Value.SeedHash;

        Assert.Equal(a, await SaleAsync("a", checkout: 7));

        Assert.Equal(1, (await _valve.StatusAsync(a, Token)).Value.Rates.Checkout);
        Assert.Equal(1, (await _valve.StatusAsync(a, Token)).Value.InCheckout);
        Assert.Equal(QueueState.NoPlace, (await _valve.PollAsync(b, User(1), Token)).Value.State);
        Assert.Equal(seedHash, (await _valve.DrawAsync(a, Token)).Value.SeedHash);
        Assert.NotEqual(seedHash, (await _valve.DrawAsync(b, Token)).Value.SeedHash);
    }

    [Fact]
    public async Task Time_passes_though_nobody_asks()
    {
        var sale = await SaleAsync("a", checkout: 1, opensAfter: 10);
        await _valve.JoinAsync(sale, User(1), Token);

        _time.Advance(TimeSpan.FromSeconds(29));

        // Admitted at the opening, 19 s ago, and not when somebody looks.
        var answer = (await _valve.PollAsync(sale, User(1), Token)).Value;
        Assert.Equal(FakeTimeProvider.DefaultStart.AddSeconds(10 + 120),
            DateTimeOffset.UnixEpoch.AddMicroseconds(answer.Admission!.Value.ExpiresAt.Microseconds));
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(200)]
    public async Task A_sale_opens_when_the_wall_clock_says_so_though_that_was_set_in_between(int step)
    {
        var sale = await SaleAsync("a", checkout: 1, opensAfter: 1_000);
        await _valve.JoinAsync(sale, User(1), Token);

        _time.StepWall(TimeSpan.FromSeconds(step));
        await KeepAsync(sale, 1_000 - step - 1);
        Assert.Equal(QueueState.PreQueue, (await _valve.PollAsync(sale, User(1), Token)).Value.State);
        _time.Advance(TimeSpan.FromSeconds(1));

        var admission = (await _valve.PollAsync(sale, User(1), Token)).Value.Admission!.Value;
        Assert.Equal(_time.GetUtcNow().AddSeconds(120), DateTimeOffset.UnixEpoch.AddMicroseconds(admission.ExpiresAt.Microseconds));
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(200)]
    public async Task A_turn_lasts_as_long_though_the_wall_clock_is_set_and_its_admission_says_until_when_by_the_clock_as_it_is(int step)
    {
        var sale = await OpenSinceLongAsync(ValveRates.Of(ValveRates.Most, TimeSpan.FromSeconds(1), checkout: 1));
        await _valve.JoinAsync(sale, User(1), Token);
        await _valve.JoinAsync(sale, User(2), Token);

        _time.StepWall(TimeSpan.FromSeconds(step));
        var told = (await _valve.PollAsync(sale, User(1), Token)).Value.Admission!.Value;
        await KeepAsync(sale, 119);
        var before = (await _valve.PollAsync(sale, User(1), Token)).Value.State;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(FakeTimeProvider.DefaultStart.AddSeconds(step + 120),
            DateTimeOffset.UnixEpoch.AddMicroseconds(told.ExpiresAt.Microseconds));
        Assert.Equal(QueueState.Admitted, before);
        Assert.Equal(QueueState.NoPlace, (await _valve.PollAsync(sale, User(1), Token)).Value.State);
        Assert.Equal(QueueState.Admitted, (await _valve.PollAsync(sale, User(2), Token)).Value.State);
    }

    [Theory]
    [InlineData(-600)]
    [InlineData(200)]
    public async Task A_step_of_the_wall_clock_lets_nobody_through_and_holds_nobody_up(int step)
    {
        var sale = await OpenSinceLongAsync(ValveRates.Of(1, TimeSpan.FromSeconds(10), checkout: 100));
        for (var user = 1; user <= 5; user++)
            await _valve.JoinAsync(sale, User(user), Token);

        for (var admitted = 1; admitted <= 5; admitted++)
        {
            _time.StepWall(TimeSpan.FromSeconds(admitted % 2 == 0 ? -step : step));
            for (var user = 1; user <= 5; user++)
                await _valve.PollAsync(sale, User(user), Token);
            Assert.Equal(admitted, (await _valve.StatusAsync(sale, Token)).Value.InCheckout);
            _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMicroseconds(1));
            Assert.Equal(admitted, (await _valve.StatusAsync(sale, Token)).Value.InCheckout);
            _time.Advance(TimeSpan.FromMicroseconds(1));
        }
    }

    [Fact]
    public async Task A_sale_that_opened_by_a_clock_that_was_wrong_waits_for_its_opening()
    {
        var sale = await SaleAsync("a", checkout: 1, opensAfter: 10);
        await _valve.JoinAsync(sale, User(1), Token);
        await _valve.JoinAsync(sale, User(2), Token);
        _time.StepWall(TimeSpan.FromSeconds(600));
        var first = (await _valve.StatusAsync(sale, Token)).Value.InCheckout;
        _time.StepWall(TimeSpan.FromSeconds(-600));

        await _valve.CommandAsync(sale, ValveCommand.SetRates(ValveRates.Of(ValveRates.Most, TimeSpan.FromSeconds(1), 2)), Token);
        var held = (await _valve.StatusAsync(sale, Token)).Value.InCheckout;
        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal((1, 1, 2), (first, held, (await _valve.StatusAsync(sale, Token)).Value.InCheckout));
    }

    [Fact]
    public async Task A_poll_allocates_nothing()
    {
        var sale = await SaleAsync("a", checkout: 1);
        for (var user = 0; user < 1_000; user++)
            await _valve.JoinAsync(sale, User(user), Token);
        var users = Enumerable.Range(0, 1_000).Select(User).ToArray();
        Poll(users);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Poll(users);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Poll(UserId[] users)
        {
            for (var i = 0; i < 50_000; i++)
            {
                var reply = _valve.PollAsync(sale, users[i % users.Length], CancellationToken.None);
                Assert.True(reply.IsCompletedSuccessfully);
            }
        }
    }

    [Fact]
    public async Task Many_threads_get_one_place_a_user_and_never_more_people_in_checkout_than_the_cap()
    {
        const int Users = 200;
        var sale = await SaleAsync("a", checkout: 5);
        var places = new HashSet<long>[Users];
        for (var user = 0; user < Users; user++)
            places[user] = [];
        var most = 0;
        var completed = 0;

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(
            async () =>
            {
                for (var round = 0; round < 50; round++)
                {
                    for (var user = thread % 2; user < Users; user++)
                    {
                        var answer = (await _valve.JoinAsync(sale, User(user), Token)).Value;
                        var inCheckout = (await _valve.StatusAsync(sale, Token)).Value.InCheckout;
                        lock (places)
                        {
                            places[user].Add(answer.Place);
                            most = Math.Max(most, inCheckout);
                        }

                        if (answer.Admission is { } admission && thread == 0 && round % 10 == 9
                            && (await _valve.CompleteAsync(admission, Token)).Value == PlaceEnded.Ended)
                            Interlocked.Increment(ref completed);
                    }

                    lock (_time)
                        _time.Advance(TimeSpan.FromMilliseconds(1));
                }
            },
            Token)));

        var status = (await _valve.StatusAsync(sale, Token)).Value;
        Assert.Equal(5, most);
        Assert.Equal(completed, status.Counts.Completed);
        Assert.Equal(status.Counts.Joined - status.Counts.Completed, status.Waiting + status.InCheckout);
        Assert.Equal(status.Counts.Joined, places.Sum(own => own.Count));
        Assert.Equal(status.Counts.Joined, places.SelectMany(own => own).Distinct().Count());
    }

    [Fact]
    public async Task A_caller_whose_deadline_is_over_gets_no_place()
    {
        var sale = await SaleAsync("a", checkout: 1);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _valve.JoinAsync(sale, User(1), cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _valve.SetUpAsync(Spec("b", 1, 0), cancelled.Token));

        Assert.Equal(0, (await _valve.StatusAsync(sale, Token)).Value.Counts.Joined);
        Assert.True((await _valve.StatusAsync(SaleId.Of("b"), Token)).IsFault);
    }

    public void Dispose() => _valve.Dispose();

    private static UserId User(int number) => UserId.Of(number.ToString("d6", CultureInfo.InvariantCulture));

    private static ValveSpec Spec(string sale, int checkout, int opensAfter)
    {
        var start = Instant.From(FakeTimeProvider.DefaultStart);
        return ValveSpec.Of(SaleId.Of(sale), start, start.After(Wait.OfMicroseconds(opensAfter * 1_000_000L)),
            ValveRates.Of(ValveRates.Most, TimeSpan.FromSeconds(1), checkout));
    }

    private async Task<SaleId> OpenSinceLongAsync(ValveRates rates)
    {
        var opening = Instant.From(FakeTimeProvider.DefaultStart.AddHours(-1));
        var spec = ValveSpec.Of(SaleId.Of("a"), opening, opening, rates);
        Assert.False((await _valve.SetUpAsync(spec, Token)).IsFault);
        return spec.Sale;
    }

    // Everybody polls every ten seconds, as people do.
    private async Task KeepAsync(SaleId sale, int seconds)
    {
        for (; seconds > 0; seconds -= 10)
        {
            _time.Advance(TimeSpan.FromSeconds(Math.Min(10, seconds)));
            await _valve.PollAsync(sale, User(1), Token);
            await _valve.PollAsync(sale, User(2), Token);
        }
    }

    private async Task<SaleId> SaleAsync(string sale, int checkout, int opensAfter = 0)
    {
        Assert.False((await _valve.SetUpAsync(Spec(sale, checkout, opensAfter), Token)).IsFault);
        return SaleId.Of(sale);
    }
}
