using System.Globalization;
using System.Text;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>A front end of a build that knows of no leases asks about a key that has permits out, during a rolling restart.</summary>
public sealed class OldBuildLeaseTests
{
    private const long Second = 1_000_000;
    private const long Today = 1_795_308_240 * Second;

    // The bytes of the rules cannot be sent as text.
    private const string Arguments = "local rules = string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end)\n"
        + "local ARGV = { rules, ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8] }\n";

    private static readonly LimitSpec Spec = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(100, TimeSpan.FromSeconds(1)));
    private static readonly SubjectKey Key = SubjectKey.Of(KeyScope.Of("acme", "leases"), "user_123");

    [Fact]
    public async Task It_leaves_the_place_of_what_is_out_empty_and_so_does_who_comes_behind_it()
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);
        var cancellation = TestContext.Current.CancellationToken;
        await using var play = await target.StartAsync(new Instant(Today), cancellation);
        Assert.Equal(40, (await AskAsync(Operation.Lease, 40)).Charged);

        // Half a second on, fifty have flowed, and there is room for none of them: not there, and not here once that has been written.
        Assert.Equal((Outcome.Admitted, 50), await OldAskAsync(10, Today + Second / 2));
        await play.SetClockAsync(new Instant(Today + 4 * Second / 5), cancellation);
        Assert.Equal(50, (await AskAsync(Operation.Peek, 0)).Remaining);
        Assert.Equal(Outcome.UnknownLease, (await AskAsync(Operation.Return, 40)).Outcome);

        // The last lease has ended, and the bucket fills.
        await play.SetClockAsync(new Instant(Today + Second + Second / 10), cancellation);
        Assert.Equal(60, (await AskAsync(Operation.Peek, 0)).Remaining);

        async Task<Decision> AskAsync(Operation operation, long permits)
        {
            var request = new LimitRequest(Key, Spec, operation, Permits.Of(permits), Lease: new LeaseId(7));
            return (await play.Engine.ExecuteAsync(request, cancellation)).Decision;
        }

        async Task<(Outcome Outcome, long Remaining)> OldAskAsync(int permits, long now)
        {
            using var text = new StreamReader(typeof(OldBuildLeaseTests).Assembly.GetManifestResourceStream("tokenBucket-06b13f7.lua")!);
            var arguments = SpecArguments.Of(Spec);
            string[] words =
            [
                "EVAL", Arguments + await text.ReadToEndAsync(cancellation), "1", "l{acme/leases/user_123}",
                Convert.ToHexString((byte[])arguments.Rules!), "0", permits.ToString(CultureInfo.InvariantCulture),
                now.ToString(CultureInfo.InvariantCulture),
                .. arguments.Numbers.Select(number => (string)number!),
            ];
            var decision = ReplyBytes.Decided(Encoding.Latin1.GetBytes(await server.CommandAsync(words)), default, isTurn: false);
            return (decision.Outcome, decision.Remaining);
        }
    }
}
