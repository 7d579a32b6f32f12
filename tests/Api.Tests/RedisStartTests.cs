using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.ServiceKit;
using OrleansLimiter.TestKit;
using OrleansLimiter.TestKit.Processes;
using Xunit;

namespace OrleansLimiter.Api.Tests;

/// <summary>
/// What a start says and does about a Redis that is not as it should be. The clock of its patience stands still, so that none of it depends
/// on speed.
/// </summary>
public sealed class RedisStartTests
{
    private const string Secret = "not-to-be-printed";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_that_refuses_the_password_ends_the_start_by_name_and_the_password_is_not_printed()
    {
        using var server = new PlayedRedis(static words => words.Contains("AUTH")
            ? "-WRONGPASS invalid username-password pair or user is disabled."
            : "-NOAUTH Authentication required.");
        using var engine = EngineFor(server.Address, Secret);
        using var log = new LogLines();

        var refusal = await Assert.ThrowsAsync<LimiterConfigurationException>(() => StartOf(engine, log).StartAsync(Cancellation));

        Assert.Contains(
            $"REDIS_URL is not accepted: it must hold the password of its server: "
                + $"{server.Address} refuses the password (WRONGPASS).",
            refusal.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain(log.Lines.Append(refusal.ToString()), line => line.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_was_found_away_before_the_start_does_not_stop_it_and_is_told_of()
    {
        // A port that is taken and not listened on: nobody else gets it meanwhile.
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var address = nobody.LocalEndPoint!;
        using var engine = EngineFor(address, password: null);
        using var log = new LogLines();
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (engine.Connection.Problem is not { } problem || !problem.Contains("cannot be connected to", StringComparison.Ordinal))
            await looks.WaitForNextTickAsync(Cancellation);

        await StartOf(engine, log).StartAsync(Cancellation);

        Assert.Contains(log.Lines, line =>
            line.Contains($"Redis is away: {address} cannot be connected to (ConnectionRefused)", StringComparison.Ordinal));
    }

    private static RedisStart StartOf(RedisEngine engine, LogLines log)
    {
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        return new RedisStart(new RedisPlace(RedisAddress.Local, "REDIS_URL", "a test says so"), engine, new FakeTimeProvider(),
            loggers.CreateLogger<RedisStart>());
    }

    private static RedisEngine EngineFor(EndPoint address, string? password)
    {
        var options = new RedisEngineOptions { Password = password };
        options.EndPoints.Add(address.ToString()!);
        return new RedisEngine(options, TimeProvider.System);
    }
}
