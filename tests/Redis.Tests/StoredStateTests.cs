using System.Globalization;
using OrleansLimiter.Conformance;
using OrleansLimiter.Core.Limits;
using Xunit;

namespace OrleansLimiter.Redis.Tests;

/// <summary>States that earlier builds wrote are read, and answered as those builds did.</summary>
public sealed class StoredStateTests
{
    private const string Set =
        "return redis.call('SET', KEYS[1], (string.gsub(ARGV[1], '..', function(hex) return string.char(tonumber(hex, 16)) end)))";

    [Theory]
    [InlineData("states-0b46744.txt")]
    public async Task A_state_that_an_earlier_build_wrote_is_answered_as_that_build_did(string written)
    {
        await using var server = await RedisServer.StartAsync();
        using var target = new RedisTarget(server);
        var cancellation = TestContext.Current.CancellationToken;
        await using var play = await target.StartAsync(default, cancellation);
        var payloads = StoredPayload.ReadAll(typeof(StoredStateTests).Assembly, written);
        Assert.Equal(StoredLives.Specs.Count, payloads.Count);
        foreach (var payload in payloads)
        {
            var (policy, subject) = (
                string.Create(CultureInfo.InvariantCulture, $"life{payload.Index}"), StoredLives.SubjectOf(payload.Index));
            await server.CommandAsync("EVAL", Set, "1", $"l{{acme/{policy}/{subject}}}", payload.Stored[0]);
            await server.CommandAsync("EVAL", Set, "1", $"r{{acme/{policy}/{subject}}}", payload.Stored[1]);

            var look = await StoredLives.LookAsync(
                play, SubjectKey.Of(KeyScope.Of("acme", policy), subject), StoredLives.Specs[payload.Index], payload.Lease, cancellation);

            Assert.Equal(payload.Look, look);
        }
    }
}
