using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis;
using OrleansLimiter.Limiter;

namespace OrleansLimiter.AspNetCore;

/// <summary>
/// Tells how the connection with Redis comes and goes. A start waits a second at most to learn that a password is wrong, which no waiting mends; a Redis that is
/// away does not stop it.
/// </summary>
/// <param name="setting">What holds the password, for the message.</param>
/// <param name="engine">The engine.</param>
/// <param name="time">The clock that the second is waited by.</param>
/// <param name="logger">Where it is told.</param>
internal sealed partial class RedisStart(string setting, RedisEngine engine, TimeProvider time, ILogger<RedisStart> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.ConnectionChanged += state =>
        {
            Tell(state);
            first.TrySetResult();
        };
        if (engine.Connection is { IsConnected: false, Problem: null })
            await Task.WhenAny(first.Task, Task.Delay(Patience, time, cancellationToken));

        // It may have been known before anybody listened.
        if (!first.Task.IsCompleted && engine.Connection is { IsConnected: true } or { Problem: not null })
            Tell(engine.Connection);
        if (engine.Connection.IsRefused)
            throw new LimiterConfigurationException([new InvalidValue(setting, "not accepted", $"must hold the password of its server: {engine.Connection.Problem}")]);
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Tell(RedisConnectionState state)
    {
        if (state.IsConnected)
            LogConnected(logger);
        else
            LogLost(logger, state.Problem ?? "no reason is known");
    }

    [LoggerMessage(1, LogLevel.Information, "Connected with Redis")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "Redis is away: {Problem}")]
    private static partial void LogLost(ILogger logger, string problem);
}
