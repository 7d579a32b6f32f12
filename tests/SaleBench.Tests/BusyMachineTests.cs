using System.Globalization;
using OrleansLimiter.SaleBench.Check;
using OrleansLimiter.SaleBench.Http;
using OrleansLimiter.SaleBench.Play;
using OrleansLimiter.SaleBench.Report;
using Xunit;

namespace OrleansLimiter.SaleBench.Tests;

/// <summary>What the play makes of a machine that has no time for it.</summary>
public sealed class BusyMachineTests
{
    private const long Second = 1_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Who_is_heard_later_than_a_place_lives_may_have_lost_it_and_is_compared_no_further()
    {
        var late = NewJournal((0, 1 * Second, 5), (2 * Second, (30 * Second) + 1, 9), (40 * Second, 41 * Second, 12));
        Assert.True(late.WasLate);
        Assert.Equal([5], late.Tellings.Select(telling => telling.Position));
        late.Note(new Answer(50 * Second, 51 * Second, AnswerKind.NoPlace, "404 noPlace"));
        Assert.Equal(0, late.LostInTime);
        late.Note(new Answer(52 * Second, 53 * Second, AnswerKind.Bought, "200"));
        Assert.Equal(53 * Second, late.LetThrough);
        Assert.True(LineCheck.Of([late], OrderByNumber(), stale: 0) is { IsGood: true, Compared: 0 });

        var inTime = NewJournal((0, 1 * Second, 5), (2 * Second, 30 * Second, 9));
        Assert.False(inTime.WasLate);
        Assert.Equal(1, LineCheck.Of([inTime], OrderByNumber(), stale: 0).Grown);
    }

    [Fact]
    public void A_place_lives_three_of_the_told_waits_where_those_are_longer()
    {
        var journal = new Journal();
        journal.Note(Held(0, 1, 5) with { RetryAfter = TimeSpan.FromSeconds(21) });
        journal.Note(Held(59 * Second, 60 * Second, 4) with { RetryAfter = TimeSpan.FromSeconds(21) });
        Assert.False(journal.WasLate);
        journal.Note(Held(100 * Second, (119 * Second) + 1, 3) with { RetryAfter = TimeSpan.FromSeconds(21) });
        Assert.True(journal.WasLate);
    }

    [Fact]
    public void A_place_that_is_lost_in_time_is_the_services_fault()
    {
        var journal = NewJournal((0, 1, 5));
        journal.Note(new Answer(2 * Second, 3 * Second, AnswerKind.NoPlace, "404 noPlace"));
        Assert.Equal(1, journal.LostInTime);
        Assert.Equal(AnswerKind.NoPlace, Answer.OfQueue(0, 1, 404, null, """{"status":404,"reason":"noPlace"}"""u8).Kind);
    }

    [Fact]
    public async Task The_board_moves_though_nobody_answers_and_shows_the_last_scene()
    {
        using var lines = new StringWriter(CultureInfo.InvariantCulture);
        var work = new TaskCompletionSource();
        var scenes = 0;
        await Board.ShowAsync(Look, work.Task, lines, TimeSpan.FromMilliseconds(1)).WaitAsync(Cancellation);
        var written = lines.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(scenes, written.Length);
        Assert.InRange(scenes, 6, int.MaxValue);
        Assert.EndsWith("(told 7 s ago)", written[^1], StringComparison.Ordinal);

        // The work ends when the board has been looked at five times: nothing else makes it go on.
        Scene Look()
        {
            if (++scenes == 5)
                work.SetResult();
            return new Scene(scenes, "open", 0, 0, 0, 0, 1, 0, 0, 7);
        }
    }

    [Theory]
    [InlineData(9.1, 9.0, 12.1, "the line, not speed, has decided")]
    [InlineData(9.1, 9.0, 31.6, "used their turns sooner")]
    [InlineData(9.1, 14.9, 15.0, "More than their share were let in")]
    public void What_bots_got_is_said_and_explained(double comers, double turns, double tickets, string why)
    {
        var share = new BotsShare(comers, turns, tickets);
        Assert.StartsWith(string.Create(
            CultureInfo.InvariantCulture,
            $"Bots: {comers:0.0} % of all who came, {turns:0.0} % of those who were let in, {tickets:0.0} % of the tickets."),
            share.ToString(), StringComparison.Ordinal);
        Assert.Contains(why, share.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_verdict_closes_with_how_many_checks_hold()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var verdict = new Verdict(output);
        verdict.Check(holds: true, $"one");
        verdict.Close();
        verdict.Check(holds: false, $"two");
        verdict.Close();
        var lines = output.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n');
        Assert.Equal(("Verdict: all 1 checks hold.", "Verdict: 1 of 2 checks FAIL."), (lines[2], lines[^1]));
    }

    private static Journal NewJournal(params (long Sent, long Received, int Position)[] answers)
    {
        var journal = new Journal();
        foreach (var (sent, received, position) in answers)
            journal.Note(Held(sent, received, position));
        return journal;
    }

    private static Answer Held(long sent, long received, int position) =>
        new(sent, received, AnswerKind.Held, "held") { Position = position, Place = 1, RetryAfter = TimeSpan.FromSeconds(1) };

    private static LineOrder OrderByNumber() => LineOrder.TryCreate(null, new DrawInfo(
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(new byte[32])), null,
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([])), Convert.ToHexString(new byte[32]), []), out _)!;
}
