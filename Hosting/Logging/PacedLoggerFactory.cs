using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using OrleansLimiter.Logging;

namespace OrleansLimiter.Hosting.Logging;

/// <summary>
/// Lets of the web server's and framework's lines one of a kind (category and event) through in a second, with the number of those left
/// out: a caller can cause as many as he likes. What a client did, which went away or sent no HTTP, is told at Debug whatever the server
/// takes it for: a reset while the server throws the rest of a body away is an unhandled exception to it. Lines at Debug and below, which
/// somebody has asked for, and critical ones are not touched, nor those of anybody else. Safe for many threads.
/// </summary>
/// <param name="inner">Where lines go; disposed of with this.</param>
/// <param name="time">The clock of the pace.</param>
internal sealed class PacedLoggerFactory(ILoggerFactory inner, TimeProvider time) : ILoggerFactory
{
    private const string Paced = "Microsoft.AspNetCore.";
    private const string Server = "Microsoft.AspNetCore.Server.Kestrel";

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public ILogger CreateLogger(string categoryName)
    {
        var logger = inner.CreateLogger(categoryName);
        return categoryName.StartsWith(Paced, StringComparison.Ordinal) ? new PacedLogger(logger, categoryName == Server, time) : logger;
    }

    public void Dispose() => inner.Dispose();

    private sealed class PacedLogger(ILogger inner, bool isServers, TimeProvider time) : ILogger
    {
        // The server could not throw the rest of a body away, because a read of it was under way when the client went.
        private const int BodyNotDrained = 67;

        private readonly ConcurrentDictionary<int, LogPacer> _paces = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel is not (LogLevel.Information or LogLevel.Warning or LogLevel.Error))
                inner.Log(logLevel, eventId, state, exception, formatter);
            else if (IsClientsDoing(exception) || (isServers && eventId.Id == BodyNotDrained))
                inner.Log(LogLevel.Debug, eventId, state, exception, formatter);
            else if (inner.IsEnabled(logLevel) && _paces.GetOrAdd(eventId.Id, static (_, clock) => new LogPacer(clock), time)
                .IsDue(out var count))
                Pass(count, logLevel, eventId, state, exception, formatter);
        }

        private void Pass<TState>(
            long count, LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (count == 1)
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
                return;
            }

            var text = string.Create(CultureInfo.InvariantCulture,
                $"{formatter(state, exception)} ({count} like this since the last such line)");
            inner.Log(logLevel, eventId, text, exception, static (line, _) => line);
        }

        private static bool IsClientsDoing(Exception? exception) =>
            exception is ConnectionResetException or ConnectionAbortedException or BadHttpRequestException;
    }
}

/// <summary>Adds <see cref="PacedLoggerFactory"/>.</summary>
internal static class PacedLogsExtensions
{
    /// <summary>Bounds how many lines callers can cause.</summary>
    public static IServiceCollection AddPacedLogs(this IServiceCollection services) =>
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider => new PacedLoggerFactory(
            new LoggerFactory(
                provider.GetServices<ILoggerProvider>(),
                provider.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(),
                provider.GetRequiredService<IOptions<LoggerFactoryOptions>>(),
                provider.GetService<IExternalScopeProvider>()),
            provider.GetRequiredService<TimeProvider>())));
}
