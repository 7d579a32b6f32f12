using Microsoft.Extensions.Logging;
using OrleansLimiter.Logging;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What is logged about a remote engine: that a breaker opened and that it closed, not how often it was tried in vain in between, and what
/// the engine threw, at most once a second. No keys: an exception's message, in which client libraries like to repeat them, is left out.
/// Safe for use by many threads.
/// </summary>
internal sealed partial class ResilienceLog(TimeProvider time, ILogger logger)
{
    private readonly LogPacer _thrown = new(time);
    private readonly LogPacer _lost = new(time);
    private readonly bool[] _isOpen = new bool[Breakers.MaxPartitions];
    private bool _isWholeOpen;

    /// <summary>The breaker over all calls changed. A breaker's changes come one after the other.</summary>
    public void Changed(string source, CircuitState state)
    {
        switch (state)
        {
            case CircuitState.Open:
                if (!_isWholeOpen)
                    LogOpened(logger, source);
                _isWholeOpen = true;
                break;
            case CircuitState.HalfOpen:
                LogHalfOpened(logger, source);
                break;
            default:
                _isWholeOpen = false;
                LogClosed(logger, source);
                break;
        }
    }

    /// <summary>The breaker of a partition changed.</summary>
    public void Changed(string source, int partition, CircuitState state)
    {
        switch (state)
        {
            case CircuitState.Open:
                if (!_isOpen[partition])
                    LogPartitionOpened(logger, source, partition);
                _isOpen[partition] = true;
                break;
            case CircuitState.HalfOpen:
                LogPartitionHalfOpened(logger, source, partition);
                break;
            default:
                _isOpen[partition] = false;
                LogPartitionClosed(logger, source, partition);
                break;
        }
    }

    /// <summary>The engine threw what it should have answered as a fault.</summary>
    public void Thrown(string source, Exception thrown)
    {
        if (_thrown.IsDue(out var count))
            LogThrown(logger, source, thrown.GetType().FullName, count, thrown.StackTrace);
    }

    /// <summary>A charge for what was decided locally was given up.</summary>
    public void ChargeLost(string source, string reason)
    {
        if (_lost.IsDue(out var count))
            LogChargeLost(logger, source, reason, count);
    }

    [LoggerMessage(
        EventId = 10, EventName = "BreakerOpened", Level = LogLevel.Warning,
        Message = "The engine {Source} is not asked for a while: too many of its calls failed or were late. Policies answer locally, allow "
            + "or deny.")]
    private static partial void LogOpened(ILogger logger, string source);

    [LoggerMessage(EventId = 11, EventName = "BreakerHalfOpen", Level = LogLevel.Debug,
        Message = "One call sees whether the engine {Source} is back.")]
    private static partial void LogHalfOpened(ILogger logger, string source);

    [LoggerMessage(EventId = 12, EventName = "BreakerClosed", Level = LogLevel.Information, Message = "The engine {Source} answers again.")]
    private static partial void LogClosed(ILogger logger, string source);

    [LoggerMessage(
        EventId = 13, EventName = "PartitionBreakerOpened", Level = LogLevel.Warning,
        Message = "The engine {Source} is not asked through its partition {Partition} for a while: too many calls failed or were late. "
            + "Other partitions are not affected.")]
    private static partial void LogPartitionOpened(ILogger logger, string source, int partition);

    [LoggerMessage(
        EventId = 14, EventName = "PartitionBreakerHalfOpen", Level = LogLevel.Debug,
        Message = "One call sees whether the partition {Partition} of the engine {Source} is back.")]
    private static partial void LogPartitionHalfOpened(ILogger logger, string source, int partition);

    [LoggerMessage(
        EventId = 15, EventName = "PartitionBreakerClosed", Level = LogLevel.Information,
        Message = "The engine {Source} answers through its partition {Partition} again.")]
    private static partial void LogPartitionClosed(ILogger logger, string source, int partition);

    [LoggerMessage(
        EventId = 16, EventName = "EngineThrew", Level = LogLevel.Error,
        Message = "The engine {Source} threw {Type}, {Count} exceptions since the last such line; it was taken for unavailable. Its "
            + "message is left out, since it may hold keys. {Stack}")]
    private static partial void LogThrown(ILogger logger, string source, string? type, long count, string? stack);

    [LoggerMessage(
        EventId = 17, EventName = "ChargeLost", Level = LogLevel.Warning,
        Message = "What was decided locally could not be charged at the engine {Source} ({Reason}), "
            + "{Count} keys since the last such line.")]
    private static partial void LogChargeLost(ILogger logger, string source, string reason, long count);
}
