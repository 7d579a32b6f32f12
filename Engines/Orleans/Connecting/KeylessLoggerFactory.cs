using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans.Connecting;

/// <summary>
/// Takes keys out of log lines and of exceptions' texts: Orleans names actors in them, and a limit's actor is named by its key. A warning
/// or error that repeats itself (by its event id, where it has one) is let through once in ten seconds: a Redis that is away is told of
/// twice a second, with a page of stack each. Safe for many threads; does not dispose of the factory it wraps.
/// </summary>
/// <param name="inner">Where lines go.</param>
/// <param name="time">The clock of the repetitions.</param>
internal sealed partial class KeylessLoggerFactory(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private const string LimitTypes =
        $"{ActorTypes.Common}|{ActorTypes.TokenBucket}|{ActorTypes.Gcra}|{ActorTypes.FixedWindow}|{ActorTypes.SlidingWindowCounter}"
        + $"|{ActorTypes.SlidingWindowLog}|{ActorTypes.LeakyBucket}|{ActorTypes.Concurrency}";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public ILogger CreateLogger(string categoryName) => new Keyless(inner.CreateLogger(categoryName), time);

    public void Dispose()
    {
    }

    /// <summary>
    /// A text without keys: each becomes <c>***</c>. A composite key holds no white space, and may hold any other character that could
    /// follow one in a text; so all goes up to the next white space.
    /// </summary>
    internal static string WithoutKeys(string text) => ActorName().Replace(text, "$1/***");

    [GeneratedRegex($@"({LimitTypes})/\S+")]
    private static partial Regex ActorName();

    private sealed class Keyless(ILogger inner, TimeProvider time) : ILogger
    {
        private readonly ConcurrentDictionary<int, Repeated> _repeated = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var left = 0L;
            if (!inner.IsEnabled(logLevel)
                || (logLevel is LogLevel.Warning or LogLevel.Error && eventId.Id != 0
                && !_repeated.GetOrAdd(eventId.Id, static _ => new Repeated()).IsDue(time, out left)))
                return;
            var text = WithoutKeys(formatter(state, exception));
            if (left > 0)
                text += string.Create(CultureInfo.InvariantCulture, $" (and {left} more like this before it)");
            var thrown = exception is null ? null : new KeylessException(WithoutKeys(exception.ToString()));
            inner.Log(logLevel, eventId, text, thrown, static (text, _) => text);
        }
    }

    /// <summary>One kind of line: when the last was let through, and how many were not since.</summary>
    private sealed class Repeated
    {
        private readonly Lock _lock = new();
        private long? _lastAt;
        private long _left;

        public bool IsDue(TimeProvider time, out long left)
        {
            lock (_lock)
            {
                left = _left;
                if (_lastAt is { } last && time.GetElapsedTime(last) < Pause)
                {
                    _left++;
                    return false;
                }

                _lastAt = time.GetTimestamp();
                _left = 0;
                return true;
            }
        }
    }

    /// <summary>Another exception's text, without keys.</summary>
    private sealed class KeylessException(string text) : Exception(text)
    {
        public override string ToString() => Message;
    }
}
