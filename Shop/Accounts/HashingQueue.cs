using System.Diagnostics.Metrics;
using System.Text.Json;
using OrleansLimiter.Logging;
using OrleansLimiter.Metrics;
using OrleansLimiter.Shop.Settings;

namespace OrleansLimiter.Shop.Accounts;

/// <summary>
/// Bounds the work of hashing passwords, of which one takes a tenth of a second of a core: as many at once as
/// <see cref="HashingSettings.AtOnce"/> says, and a <see cref="HashingLine"/> of few others, of whom none waits longer than
/// <see cref="HashingSettings.Wait"/>. Safe for use by many threads.
/// </summary>
internal sealed partial class HashingQueue
{
    /// <summary>
    /// The counter of requests that got no hashing, in <c>{request}</c>; tag <c>reason</c>: <c>address</c>, <c>account</c>, <c>full</c>,
    /// <c>displaced</c> or <c>late</c>.
    /// </summary>
    public const string RefusedName = "orleanslimiter.hashing.refused";

    /// <summary>The gauge of requests that wait, in <c>{request}</c>.</summary>
    public const string WaitingName = "orleanslimiter.hashing.waiting";

    private static readonly string[] Reasons = [.. Enum.GetNames<HashingRefusal>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    private readonly HashingSettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogPacer _pace;
    private readonly Counter<long> _refused;
    private readonly Lock _gate = new();
    private readonly HashingLine _line;
    private int _running;

    /// <summary>Creates it, with nobody inside.</summary>
    public HashingQueue(HashingSettings settings, IMeterFactory meters, TimeProvider time, ILogger<HashingQueue> logger)
    {
        (_settings, _time, _logger, _pace) = (settings, time, logger, new LogPacer(time));
        _line = new HashingLine(settings.WaitingPerAddress, settings.WaitingPerAccount, HashingSettings.MaxWaiting);
        var meter = meters.Create(LimiterMetrics.MeterName);
        _refused = meter.CreateCounter<long>(
            RefusedName, "{request}", "Requests that were answered 503 because too many passwords were to be hashed.");
        meter.CreateObservableGauge(WaitingName, () => Waiting, "{request}", "Requests that wait for a password to be hashed.");
    }

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _line.Count;
        }
    }

    /// <summary>Does the work when its turn comes.</summary>
    /// <param name="place">For whom.</param>
    /// <param name="work">The hashing.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    /// <returns>What it gave; null if it may not wait, or its turn did not come in time.</returns>
    /// <exception cref="OperationCanceledException">The caller went away while waiting.</exception>
    public async Task<T?> RunAsync<T>(HashingPlace place, Func<T> work, CancellationToken cancellationToken)
        where T : class
    {
        if (await EnterAsync(place, cancellationToken) is { } refusal)
        {
            Count(refusal);
            return null;
        }

        try
        {
            return await Task.Run(work, CancellationToken.None);
        }
        finally
        {
            Leave();
        }
    }

    private async Task<HashingRefusal?> EnterAsync(HashingPlace place, CancellationToken cancellationToken)
    {
        HashingPlace? displaced;
        lock (_gate)
        {
            if (_running < _settings.AtOnce)
            {
                _running++; // nobody waits while one more may run
                _line.HadTurn(place);
                return null;
            }

            if (_line.Add(place, out displaced) is { } refusal)
                return refusal;
        }

        displaced?.Turn.TrySetResult(HashingRefusal.Displaced);
        await using var patience = _time.CreateTimer(
            _ => GiveUp(place, static waiting => waiting.TrySetResult(HashingRefusal.Late)), null, _settings.Wait,
            Timeout.InfiniteTimeSpan);
        await using var gone = cancellationToken.Register(() => GiveUp(place, waiting => waiting.TrySetCanceled(cancellationToken)));
        return await place.Turn.Task;
    }

    /// <summary>Ends a wait, unless the turn has come meanwhile: who takes a place out of the line decides what becomes of it.</summary>
    private void GiveUp(HashingPlace place, Action<TaskCompletionSource<HashingRefusal?>> end)
    {
        bool isOut;
        lock (_gate)
            isOut = _line.Remove(place);
        if (isOut)
            end(place.Turn);
    }

    private void Leave()
    {
        HashingPlace? next;
        lock (_gate)
        {
            next = _line.Next();
            if (next is null)
                _running--;
        }

        next?.Turn.TrySetResult(null);
    }

    private void Count(HashingRefusal refusal)
    {
        _refused.Add(1, new KeyValuePair<string, object?>("reason", Reasons[(int)refusal]));
        if (_pace.IsDue(out var count))
            LogRefused(_logger, count, Waiting);
    }

    [LoggerMessage(
        EventId = 1, EventName = "HashingRefused", Level = LogLevel.Warning,
        Message = "Requests were answered 503, {Count} since the last such line, because too many passwords are to be hashed: {Waiting} "
            + "wait.")]
    private static partial void LogRefused(ILogger logger, long count, int waiting);
}
