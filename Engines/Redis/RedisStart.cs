using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Engines.Redis;

/// <summary>
/// Tells where the Redis is, and how the connection with it comes and goes. A start waits a second at most to learn that a password is
/// wrong, or that the server is one on which limits do not hold, which no waiting mends; a Redis that is away does not stop it.
/// </summary>
/// <param name="place">Where it is, for the messages.</param>
/// <param name="engine">The engine.</param>
/// <param name="time">The clock that the second is waited by.</param>
/// <param name="logger">Where it is told.</param>
internal sealed partial class RedisStart(RedisPlace place, RedisEngine engine, TimeProvider time, ILogger<RedisStart> logger)
    : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private RedisConnectionState? _told;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        LogPlace(logger, place.Address.ToString(), place.Reason);
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
        var state = engine.Connection;
        if (state.IsRefused)
            throw Wrong("not accepted", $"must hold the password of its server: {state.Problem}");
        if (state.IsUnsupported)
            throw Wrong("not possible here", $"must name a Redis: {state.Problem}");
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private LimiterConfigurationException Wrong(string value, string rule) => new([new InvalidValue(place.Setting, value, rule)]);

    private void Tell(RedisConnectionState state)
    {
        RedisConnectionState? before;
        lock (_gate)
            (before, _told) = (_told, state);
        if (!state.IsConnected)
            LogLost(logger, state.Problem ?? "no reason is known");
        else
            TellConnected(state, before is { IsConnected: true } connected ? connected : null);
        if (state.Risk is { } risk && risk != before?.Risk)
            LogRisk(logger, risk);
    }

    /// <summary>Of a server that is there: that it is, if it was not, and whether it does what it is asked.</summary>
    private void TellConnected(RedisConnectionState state, RedisConnectionState? whenItWasThere)
    {
        if (whenItWasThere is null)
            LogConnected(logger);
        if (state.Problem is null && whenItWasThere?.Problem is not null)
            LogObeys(logger);
        else if (state.Problem is { } refusal && refusal != whenItWasThere?.Problem)
            LogRefuses(logger, refusal);
    }

    [LoggerMessage(1, LogLevel.Information, "Connected with Redis")]
    private static partial void LogConnected(ILogger logger);

    [LoggerMessage(2, LogLevel.Warning, "Redis is away: {Problem}")]
    private static partial void LogLost(ILogger logger, string problem);

    [LoggerMessage(3, LogLevel.Information, "The Redis that decides is {Address}, because {Reason}")]
    private static partial void LogPlace(ILogger logger, string address, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Redis may lose limits: {Risk}")]
    private static partial void LogRisk(ILogger logger, string risk);

    [LoggerMessage(5, LogLevel.Warning,
        "Redis does not do what it is asked, and what it refuses is decided as each policy's OnUnavailable says: {Problem}")]
    private static partial void LogRefuses(ILogger logger, string problem);

    [LoggerMessage(6, LogLevel.Information, "Redis does what it is asked again")]
    private static partial void LogObeys(ILogger logger);
}
