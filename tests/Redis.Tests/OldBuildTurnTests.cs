using System.Globalization;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A front end of a build that knows of no named turns asks about a key that has some, during a rolling restart.</summary>
public sealed class OldBuildTurnTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_240 * Second;

    // The bytes of the rules cannot be sent as text.
    private const string Arguments = "local rules = string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end)\n"
        + "local ARGV = { rules, ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10] }\n";

    private static readonly LimitSpec Spec = LimitSpec.Of(Algorithm.LeakyBucket, Bandwidth.Of(10, TimeSpan.FromSeconds(10)));
    private static readonly SubjectKey Key = SubjectKey.Of(KeyScope.Of("acme", "turns"), "user_123");

    [Fact]
    public async Task It_keeps_to_the_line_and_leaves_every_told_turn_taken()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);
        await using var play = await target.StartAsync(new Instant(Today), TestContext.Current.CancellationToken);
        for (ulong name = 1; name <= 5; name++)
            await AskAsync(Operation.Acquire, name);
        Assert.Equal(Outcome.Admitted, (await AskAsync(Operation.Release, 3)).Outcome);

        // The free part is behind what that build reads: it goes on at the end of the line, and keeps no name.
        Assert.Equal(5 * Second, (await OldAskAsync()).Delay.Microseconds);
        var seen = await AskAsync(Operation.Peek, 0);
        Assert.Equal((4, 6 * Second), (seen.Remaining, seen.ResetAfter.Microseconds));
        Assert.Equal(Outcome.UnknownLease, (await AskAsync(Operation.Release, 4)).Outcome);
        Assert.Equal(6 * Second, (await AskAsync(Operation.Acquire, 6)).Delay.Microseconds);
        Assert.Equal(Outcome.Admitted, (await AskAsync(Operation.Release, 6)).Outcome);
        Assert.Equal(6 * Second, (await OldAskAsync()).Delay.Microseconds);

        async Task<Decision> AskAsync(Operation operation, ulong name)
        {
            var permits = operation == Operation.Peek ? Permits.Zero : Permits.One;
            var request = new LimitRequest(Key, Spec, operation, permits, Lease: new LeaseId(name));
            return (await play.Engine.ExecuteAsync(request, TestContext.Current.CancellationToken)).Decision;
        }

        async Task<Decision> OldAskAsync()
        {
            using var text = new StreamReader(typeof(OldBuildTurnTests).Assembly.GetManifestResourceStream("leakyBucket-32dfba3.lua")!);
            var arguments = SpecArguments.Of(Spec);
            string[] words =
            [
                "EVAL", Arguments + await text.ReadToEndAsync(TestContext.Current.CancellationToken), "1", "l{acme/turns/user_123}",
                Convert.ToHexString((byte[])arguments.Rules!), "0", "1", Today.ToString(CultureInfo.InvariantCulture),
                .. arguments.Numbers.Select(number => (string)number!),
            ];
            return ReplyBytes.Decided(Encoding.Latin1.GetBytes(await server.CommandAsync(words)), default, isTurn: false);
        }
    }
}
