using System.Globalization;
using System.Security.Cryptography;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Charges at the engine what was decided locally, once it answers again: one key after another, oldest first, so many a second. One round
/// runs at a time. A key whose charge is not answered is charged again under the same request id, for as long as the engine remembers ids;
/// one whose charge the engine turned away is charged anew what it owes then.
/// </summary>
internal sealed class DebtCollector : IDisposable
{
    /// <summary>What rounds are sized by: each sends what may be sent in so long.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a charge is sent again: 10 s less than owners remember its id, so that none is charged twice.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(50);

    /// <summary>How many keys a round looks at in vain before it ends: an engine that is away must not be asked about each.</summary>
    private const int MaxMisses = 8;

    private readonly RemoteCalls _remote;
    private readonly LocalBudget _local;
    private readonly RememberedAnswers _remembered;
    private readonly DebtLedger _ledger;
    private readonly TimeProvider _time;
    private readonly ResilienceMetrics _metrics;
    private readonly ResilienceLog _log;
    private readonly int _perRound;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _idPrefix = string.Create(
        CultureInfo.InvariantCulture, $"outage-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}-");
    private long _sequence;
    private int _isRunning;

    public DebtCollector(
        RemoteCalls remote,
        LocalBudget local,
        RememberedAnswers remembered,
        DebtLedger ledger,
        int chargesPerSecond,
        TimeProvider time,
        ResilienceMetrics metrics,
        ResilienceLog log)
    {
        _remote = remote;
        _local = local;
        _remembered = remembered;
        _ledger = ledger;
        _time = time;
        _metrics = metrics;
        _log = log;
        _perRound = (int)Math.Max(1, chargesPerSecond * Period.Ticks / TimeSpan.TicksPerSecond);
        var pause = TimeSpan.FromSeconds((double)_perRound / chargesPerSecond);
        Pause = pause > Period ? pause : Period;
        _timer = time.CreateTimer(
            static collector => ((DebtCollector)collector!).Start(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        ledger.Filled += Arm;
    }

    /// <summary>
    /// From the first debt to a round, and from its end to the next: 100 ms, or longer where the rate is less than ten a second.
    /// </summary>
    public TimeSpan Pause { get; }

    /// <summary>The round that the timer started last.</summary>
    public Task LastRound { get; private set; } = Task.CompletedTask;

    public async Task CollectAsync()
    {
        var (sent, misses) = (0, 0);
        for (var left = _ledger.Count; left > 0 && sent < _perRound && misses < MaxMisses; left--)
        {
            if (_stopping.IsCancellationRequested || !_remote.IsFree || _ledger.Oldest is not { } debt)
                return;
            var found = await CollectAsync(debt).ConfigureAwait(false);
            sent += found == LookupResult.Charged ? 1 : 0;
            if (found != LookupResult.Unavailable)
                continue;

            // Its partition may be sick alone: the others need not wait for it.
            _ledger.PutLast(debt);
            misses++;
        }
    }

    /// <summary>Stops collecting. What was not charged is not charged any more.</summary>
    public void Dispose()
    {
        _ledger.Filled -= Arm;
        _stopping.Cancel();
        _timer.Dispose();
    }

    private void Arm() => _timer.Change(Pause, Timeout.InfiniteTimeSpan);

    private void Start()
    {
        if (!_stopping.IsCancellationRequested && Interlocked.Exchange(ref _isRunning, 1) == 0)
            LastRound = RunAsync();
    }

    private async Task RunAsync()
    {
        try
        {
            await CollectAsync().ConfigureAwait(false);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            // A bug of the local engine: the next round tries again.
            _log.Thrown(LimitService.LocalSource, thrown);
        }
        finally
        {
            Volatile.Write(ref _isRunning, 0);
            if (!_stopping.IsCancellationRequested && _ledger.Count > 0)
                Arm();
        }
    }

    private async ValueTask<LookupResult> CollectAsync(Debt debt)
    {
        var (lastLocalAt, spec) = (debt.LastLocalAt, debt.Spec);
        var used = await _local.UsedAsync(debt.Key, spec, CancellationToken.None).ConfigureAwait(false);
        if (_ledger.ChargeOf(debt, used, NewId()) is not { } charge)
        {
            _ledger.Forgive(debt, lastLocalAt);
            _metrics.CountCharge(ChargeOutcome.Whole);
            return LookupResult.NothingOwed;
        }

        if (_time.GetElapsedTime(charge.SentAt) >= LongestRetry)
        {
            Lose(debt, charge, "no reply");
            return LookupResult.NothingOwed;
        }

        // Before the engine has answered anything since, a charge would be thrown after it; a look at the key changes nothing.
        if (!_remote.Breakers.HasAnsweredSince(debt.Key, lastLocalAt)
            && (await _remote.LookAsync(debt.Key, spec).ConfigureAwait(false)).Fault.IsAway)
            return LookupResult.Unavailable;
        return await SendAsync(debt, charge, spec).ConfigureAwait(false);
    }

    private async ValueTask<LookupResult> SendAsync(Debt debt, Debt.PendingCharge charge, LimitSpec spec)
    {
        var request = new LimitRequest(debt.Key, spec, Operation.Charge, charge.Amount, charge.Id);
        EngineReply reply;
        try
        {
            reply = await _remote.ExecuteAsync(request, CancellationToken.None).ConfigureAwait(false);
        }
        catch (NotSupportedException)
        {
            // The policy has become one that cannot be charged.
            Lose(debt, charge, "not chargeable");
            return LookupResult.NothingOwed;
        }

        if (!reply.IsFault)
        {
            _ledger.Settle(debt, charge);
            _remembered.Note(request, reply, default);
            _metrics.CountCharge(ChargeOutcome.Sent);
            return LookupResult.Charged;
        }

        if (!reply.Fault.IsTransient)
        {
            Lose(debt, charge, "refused");
            return LookupResult.NothingOwed;
        }

        if (reply.Source == ReplySource.Local)
            return LookupResult.Unavailable;

        // An engine that says it is overloaded has not charged: there is nothing to send again as it was, and no end to trying. A full
        // Redis may stay full for long.
        if (reply.Fault.IsSilence)
            _ledger.Keep(debt, charge);
        _metrics.CountCharge(ChargeOutcome.Retried);
        return LookupResult.Unavailable;
    }

    private void Lose(Debt debt, Debt.PendingCharge charge, string reason)
    {
        _ledger.Settle(debt, charge);
        _metrics.CountCharge(ChargeOutcome.Lost);
        _log.ChargeLost(_remote.Source, reason);
    }

    private RequestId NewId() => RequestId.Of(_idPrefix + Interlocked.Increment(ref _sequence).ToString(CultureInfo.InvariantCulture));

    /// <summary>What came of looking at a key.</summary>
    private enum LookupResult
    {
        Charged,

        /// <summary>There was nothing to charge any more, or it was given up.</summary>
        NothingOwed,

        /// <summary>The engine did not answer.</summary>
        Unavailable,
    }
}
