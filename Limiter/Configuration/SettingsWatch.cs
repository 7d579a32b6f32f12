using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace OrleansLimiter.Configuration;

/// <summary>
/// Says in the log when a file of settings is changed while the process runs: what is read at start does not follow it, and whoever changed
/// it may think that it does. Names are logged, values are not. Safe for use by many threads.
/// </summary>
internal sealed partial class SettingsWatch(
    IConfiguration configuration, IEnumerable<WatchedSettings> watched, ILogger<SettingsWatch> logger) : IHostedService, IDisposable
{
    private readonly string[] _names = [.. watched.SelectMany(one => one.Names).Distinct(StringComparer.OrdinalIgnoreCase)];
    private readonly Lock _gate = new();
    private Dictionary<string, string> _started = [];
    private Dictionary<string, string> _last = [];
    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _last = _started = Read();
        _subscription = ChangeToken.OnChange(configuration.GetReloadToken, Look);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _subscription?.Dispose();

    private void Look()
    {
        lock (_gate)
        {
            // One change of a file is often told several times.
            var now = Read();
            if (Different(_last, now).Length == 0)
                return;
            _last = now;
            if (Different(_started, now) is { Length: > 0 } changed)
                LogChanged(logger, string.Join(", ", changed));
            else
                LogAsBefore(logger);
        }
    }

    private string[] Different(Dictionary<string, string> before, Dictionary<string, string> now) =>
        [.. _names.Where(name => before[name] != now[name])];

    private Dictionary<string, string> Read() => _names.ToDictionary(
        name => name,
        name => string.Join('\n', configuration.GetSection(name).AsEnumerable().Where(pair => pair.Value is not null)
            .OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));

    [LoggerMessage(
        EventId = 4, EventName = "SettingsChanged", Level = LogLevel.Warning,
        Message = "Settings were changed while this process runs ({Names}). It goes on with those that it was started with; start it anew "
            + "to apply them.")]
    private static partial void LogChanged(ILogger logger, string names);

    [LoggerMessage(EventId = 5, EventName = "SettingsAsBefore", Level = LogLevel.Information,
        Message = "The settings are again those that this process was started with.")]
    private static partial void LogAsBefore(ILogger logger);
}
