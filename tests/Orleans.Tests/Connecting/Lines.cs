using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Orleans.Tests.Connecting;

/// <summary>Keeps every log line, with its exception's text and its scopes. Safe for many threads.</summary>
internal sealed class Lines : ILoggerFactory
{
    private readonly ConcurrentQueue<string> _all = new();
    private readonly ConcurrentQueue<string> _scopes = new();

    /// <summary>The lines so far.</summary>
    public IReadOnlyCollection<string> All => _all;

    /// <summary>The scopes that were begun.</summary>
    public IReadOnlyCollection<string> Scopes => _scopes;

    /// <summary>The level from which lines are kept.</summary>
    public LogLevel Least { get; init; }

    public bool IsDisposed { get; private set; }

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

    public void Dispose() => IsDisposed = true;

    private sealed class Line(Lines owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            owner._scopes.Enqueue(state.ToString()!);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel >= owner.Least;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner._all.Enqueue(
                $"{logLevel} {category} {eventId.Id}: "
                + $"{formatter(state, exception)}{exception}|{state}|{exception?.Message}|{exception?.InnerException}");
    }
}
