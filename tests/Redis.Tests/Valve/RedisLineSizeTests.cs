using System.Globalization;
using OrleansLimiter.TestKit;
using Xunit;
using static OrleansLimiter.Redis.Tests.Valve.TestValve;

namespace OrleansLimiter.Redis.Tests.Valve;

/// <summary>How much of the server's memory a line takes.</summary>
public sealed class RedisLineSizeTests
{
    private const int People = 20_000;
    private const int MostBytesAPerson = 400;

    [Fact]
    public async Task A_person_who_waits_takes_at_most_400_bytes()
    {
        await using var server = await RedisServer.StartAsync();
        using var valve = await ConnectAsync(server, new FakeTimeProvider(), () => Start);
        await valve.SetUpAsync(OpenSpec(Slow));
        await valve.JoinAllAsync(1);
        var before = await UsedAsync(server);

        await valve.JoinAllAsync(People);

        var bytes = (await UsedAsync(server) - before) / (People - 1);
        TestContext.Current.SendDiagnosticMessage("{0} bytes a person", bytes);
        Assert.InRange(bytes, 100, MostBytesAPerson);
    }

    private static async Task<long> UsedAsync(RedisServer server)
    {
        var line = (await server.CommandAsync("INFO", "memory")).Split("\r\n")
            .Single(line => line.StartsWith("used_memory_dataset:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(line.IndexOf(':') + 1), CultureInfo.InvariantCulture);
    }
}
