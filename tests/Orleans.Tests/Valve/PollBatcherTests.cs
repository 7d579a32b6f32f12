using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Engines.Orleans;
using OrleansLimiter.Valve;
using Xunit;

namespace OrleansLimiter.Orleans.Tests.Valve;

/// <summary>Polls that go to a sale's actor together.</summary>
public sealed class PollBatcherTests
{
    private readonly List<(IReadOnlyList<UserId> Users, TaskCompletionSource<IReadOnlyList<ValveReply<ValveAnswer>>> Replies)> _calls = [];
    private readonly PollBatcher _polls;

    public PollBatcherTests() => _polls = new PollBatcher(users =>
    {
        var call = (users, new TaskCompletionSource<IReadOnlyList<ValveReply<ValveAnswer>>>());
        _calls.Add(call);
        return call.Item2.Task;
    });

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lone_poll_goes_at_once_and_who_comes_meanwhile_goes_together()
    {
        var first = Ask(7);
        Assert.Equal([User(7)], Assert.Single(_calls).Users);
        var others = new[] { 3, 9, 3 }.Select(Ask).ToList();
        Assert.Single(_calls);

        Answer(0);
        Assert.Equal(7, (await first).Value.Place);
        Answer(1);

        Assert.Equal([3, 9, 3], (await Task.WhenAll(others)).Select(reply => (int)reply.Value.Place));
        Assert.Equal([User(3), User(9), User(3)], _calls[1].Users);

        // Nobody waits any more: the next goes at once.
        var last = Ask(1);
        Answer(2);
        Assert.Equal(1, (await last).Value.Place);
    }

    [Fact]
    public async Task One_call_asks_for_a_thousand_people_at_most()
    {
        var all = Enumerable.Range(0, 2_500).Select(Ask).ToList();
        for (var call = 0; call < _calls.Count; call++)
            Answer(call);

        Assert.Equal(Enumerable.Range(0, 2_500), (await Task.WhenAll(all)).Select(reply => (int)reply.Value.Place));
        Assert.Equal([1, 1_000, 1_000, 499], _calls.Select(call => call.Users.Count));
    }

    [Fact]
    public async Task What_one_call_throws_is_thrown_to_those_it_was_for_and_the_next_goes_on()
    {
        var (first, second) = (Ask(1), Ask(2));
        _calls[0].Replies.SetException(new InvalidOperationException("a bug"));
        _calls[1].Replies.SetResult([ValveReply.Failed<ValveAnswer>(EngineFault.Unavailable)]);

        Assert.Equal("a bug", (await Assert.ThrowsAsync<InvalidOperationException>(() => first)).Message);
        Assert.Equal(EngineFaultKind.Unavailable, (await second).Fault.Kind);
    }

    [Fact]
    public async Task Who_loses_patience_keeps_nobody_else_from_an_answer()
    {
        using var patience = new CancellationTokenSource();
        var first = Ask(1);
        var (impatient, other) = (_polls.AskAsync(User(2), patience.Token).AsTask(), Ask(3));
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        Answer(0);
        Answer(1);

        Assert.Equal((1, 3), ((int)(await first).Value.Place, (int)(await other).Value.Place));
    }

    private static UserId User(int number) => new(0, (ulong)number);

    private Task<ValveReply<ValveAnswer>> Ask(int user) => _polls.AskAsync(User(user), Cancellation).AsTask();

    private void Answer(int call) =>
        _calls[call].Replies.SetResult([.. _calls[call].Users.Select(user => ValveReply.Of(new ValveAnswer { Place = (long)user.Low }))]);
}
