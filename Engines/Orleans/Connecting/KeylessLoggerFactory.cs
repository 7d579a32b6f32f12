using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// Takes keys out of log lines and of exceptions' texts: Orleans names actors in them, and a limit's actor is named by its key. Safe for many
/// threads; does not dispose of the factory it wraps.
/// </summary>
/// <param name="inner">Where lines go.</param>
public sealed partial class KeylessLoggerFactory(ILoggerFactory inner) : ILoggerFactory
{
    /// <inheritdoc />
    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Keyless(inner.CreateLogger(categoryName));

    /// <inheritdoc />
    public void Dispose()
    {
    }

    /// <summary>A text without keys: each becomes <c>***</c>. A composite key holds no white space, and nothing that ends a key in a text is left out.</summary>
    internal static string WithoutKeys(string text) => ActorName().Replace(text, "$1/***");

    [GeneratedRegex(@"(ol\.limit)/[^\s\]]+")]
    private static partial Regex ActorName();

    private sealed class Keyless(ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel))
                return;
            var text = WithoutKeys(formatter(state, exception));
            var thrown = exception is null ? null : new KeylessException(WithoutKeys(exception.ToString()));
            inner.Log(logLevel, eventId, text, thrown, static (text, _) => text);
        }
    }

    /// <summary>Another exception's text, without keys.</summary>
    private sealed class KeylessException(string text) : Exception(text)
    {
        public override string ToString() => Message;
    }
}
