using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.ServiceKit;

/// <summary>Keeps every log line, with the scopes that it stands in.</summary>
internal sealed class LogLines : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _lines = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>The lines so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What operators did, without scopes.</summary>
    public string[] Audited =>
        [.. Lines.Where(line => line.Contains(" OrleansLimiter.Audit: ", StringComparison.Ordinal))
        .Select(line => line[..line.IndexOf("  [", StringComparison.Ordinal)])];

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Line(this, categoryName);

    /// <inheritdoc />
    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <inheritdoc />
    public void Dispose()
    {
    }

    private sealed class Line(LogLines owner, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => owner._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = new List<string?>();
            owner._scopes.ForEachScope((scope, list) => list.Add(scope?.ToString()), scopes);
            owner._lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception} [{string.Join(" > ", scopes)}]");
        }
    }
}
