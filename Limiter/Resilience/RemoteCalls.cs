using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;

namespace OrleansLimiter.Resilience;

/// <summary>
/// The way to a remote engine: past its breakers, within the bound of calls under way, within the deadline, whether the engine honours its
/// token or not. What the engine throws becomes a fault: a client library's odd exception must not become a failed request. Two things
/// pass: the caller's own cancellation, and <see cref="NotSupportedException"/>, which is an answer. A call that is answered at once
/// allocates nothing, and one that is waited for is an object that was used before. Safe for use by many threads.
/// </summary>
internal sealed class RemoteCalls : ILimitEngine
{
    /// <summary>How often an engine that says it is back is looked at.</summary>
    public const int MostLooks = 100;

    /// <summary>From one such look to the next.</summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private static readonly EngineReply Rejected = EngineReply.Failed(EngineFault.Overloaded).From(ReplySource.Local);
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1);

    private readonly ILimitEngine _engine;
    private readonly CallsInFlight _inFlight;
    private readonly TimeProvider _time;
    private readonly ResilienceMetrics _metrics;
    private readonly ResilienceLog _log;
    private readonly IdlePool<RemoteCall> _calls;
    private readonly Func<LimitRequest, ValueTask<EngineReply>> _unrecorded;
    private long _lastAskedInVain = long.MinValue;

    /// <param name="engine">Who is called.</param>
    /// <param name="breakers">The breakers before it.</param>
    /// <param name="settings">The deadline, and how many calls may be under way.</param>
    /// <param name="time">The clock.</param>
    /// <param name="metrics">Where those are counted that were turned away.</param>
    /// <param name="log">Where is logged what the engine throws.</param>
    public RemoteCalls(
        ILimitEngine engine,
        Breakers breakers,
        ResilienceSettings settings,
        TimeProvider time,
        ResilienceMetrics metrics,
        ResilienceLog log)
    {
        (_engine, Breakers, _time, _metrics, _log) = (engine, breakers, time, metrics, log);
        _inFlight = new CallsInFlight(settings.MaxInFlight);
        Deadlines = new Deadlines(settings.Deadline, time);
        _calls = new IdlePool<RemoteCall>(() => new RemoteCall(this, new CancellationTokenSource()));
        _unrecorded = request => SendAsync(request, CallOrigin.Own, part: null, isRecorded: false);
    }

    public string Source => _engine.Source;

    /// <summary>How many calls are under way: also those that nobody waits for any more.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>
    /// Whether a call may be made that nobody waits for: the breaker over all calls is closed, or nobody has asked past it for a while. A
    /// busy front end's probes are its callers', whose keys are of every partition.
    /// </summary>
    public bool IsFree =>
        Breakers.Whole.Circuit.IsClosed || _lastAskedInVain == long.MinValue
        || _time.GetElapsedTime(Volatile.Read(ref _lastAskedInVain)) >= Quiet;

    /// <summary>The breakers before the engine.</summary>
    internal Breakers Breakers { get; }

    /// <summary>The deadlines of calls under way.</summary>
    internal Deadlines Deadlines { get; }

    /// <summary>How many calls wait to be used again.</summary>
    internal int Idle => _calls.Count;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
        ExecuteAsync(request, new CallOrigin(null, default, cancellationToken));

    /// <summary>Asks the engine.</summary>
    /// <param name="request">What.</param>
    /// <param name="origin">For whom.</param>
    /// <returns>The reply, as the origin's handler concluded it.</returns>
    public ValueTask<EngineReply> ExecuteAsync(in LimitRequest request, in CallOrigin origin)
    {
        if (origin.Caller.IsCancellationRequested)
            return ValueTask.FromCanceled<EngineReply>(origin.Caller);
        if (!Breakers.Whole.Circuit.IsClosed)
            Volatile.Write(ref _lastAskedInVain, _time.GetTimestamp());
        return AskAsync(request, origin);
    }

    /// <summary>Looks at a key, which changes nothing, to see whether the engine answers.</summary>
    public ValueTask<EngineReply> LookAsync(SubjectKey key, LimitSpec spec) =>
        AskAsync(new LimitRequest(key, spec, Operation.Peek, Permits.Zero), CallOrigin.Own);

    /// <summary>
    /// Looks at a key past the breaker over all calls, again and again while that is not closed, and closes it when the engine answers. For
    /// an engine that says it is back, which may have to read its data first: the pauses are for one of which nobody knows.
    /// </summary>
    /// <returns>Ends when the breaker is closed, or after <see cref="MostLooks"/>.</returns>
    public async Task LookAgainAsync(SubjectKey key, LimitSpec spec, CancellationToken stopping)
    {
        var whole = Breakers.Whole.Circuit;
        for (var looks = 0; looks < MostLooks && !whole.IsClosed && !stopping.IsCancellationRequested; looks++)
        {
            var reply = await _unrecorded(new LimitRequest(key, spec, Operation.Peek, Permits.Zero)).ConfigureAwait(false);
            if (Breakers.IsAnswer(reply))
            {
                Breakers.NoteAnswer(reply, Breakers.PartOf(key), _time.GetTimestamp());
                whole.Close();
                return;
            }

            await Task.Delay(BetweenLooks, _time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A call has really ended.</summary>
    internal void Leave(CallsInFlight.Places? tenant) => _inFlight.Leave(tenant);

    /// <summary>Takes back a call whose caller has its reply.</summary>
    internal void TakeBack(RemoteCall call)
    {
        if (call.TryReset())
            _calls.Return(call);
    }

    /// <summary>What an engine that threw is taken to have answered.</summary>
    internal EngineReply Fault(Exception thrown)
    {
        _log.Thrown(Source, thrown);
        return EngineReply.Failed(EngineFault.Unavailable);
    }

    /// <summary>Tells the engine that nobody waits any more. What it throws at that is logged.</summary>
    internal void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException thrown)
        {
            _log.Thrown(Source, thrown);
        }
    }

    private ValueTask<EngineReply> AskAsync(in LimitRequest request, in CallOrigin origin)
    {
        var (whole, part) = (Breakers.Whole, Breakers.PartOf(request.Key));
        if (!whole.Circuit.IsClosed)
            return ProbedAsync(whole, part, request, origin);
        return part is null || part.Circuit.IsClosed
            ? SendAsync(request, origin, part, isRecorded: true)
            : ProbedAsync(part, whole, request, origin);
    }

    /// <summary>Asks past a breaker that is not closed. What the probe of one found, the other records if it is closed.</summary>
    private async ValueTask<EngineReply> ProbedAsync(
        PartitionBreaker breaker, PartitionBreaker? other, LimitRequest request, CallOrigin origin)
    {
        var reply = await breaker.Circuit.ProbeAsync(_unrecorded, request).ConfigureAwait(false);
        var now = _time.GetTimestamp();
        Breakers.NoteAnswer(reply, ReferenceEquals(breaker, Breakers.Whole) ? other : breaker, now);
        other?.Circuit.Record(reply, now);
        if (origin.Caller.IsCancellationRequested)
        {
            origin.Handler?.Abandon(request);
            throw new OperationCanceledException(origin.Caller);
        }

        return origin.Handler is not { } handler
            ? reply
            : await handler.ConcludeAsync(request, reply, origin.Asked, origin.Caller).ConfigureAwait(false);
    }

    private ValueTask<EngineReply> SendAsync(in LimitRequest request, in CallOrigin origin, PartitionBreaker? part, bool isRecorded)
    {
        if (!_inFlight.TryEnter(request.Key.Scope, out var tenant))
        {
            _metrics.CountInFlightRejection();
            return ConcludeAsync(request, origin, Rejected);
        }

        var call = _calls.Rent();
        var pending = Begin(request, call.Token);
        if (!pending.IsCompletedSuccessfully)
            return call.RunAsync(pending, request, origin, part, isRecorded, tenant);
        var reply = pending.Result;
        Leave(tenant);
        TakeBack(call);
        if (isRecorded)
            Breakers.Record(reply, part);
        return ConcludeAsync(request, origin, reply);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What it throws at once it may throw later.")]
    private ValueTask<EngineReply> Begin(in LimitRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return _engine.ExecuteAsync(request, cancellationToken);
        }
        catch (Exception thrown)
        {
            return ValueTask.FromException<EngineReply>(thrown);
        }
    }

    private static ValueTask<EngineReply> ConcludeAsync(in LimitRequest request, in CallOrigin origin, in EngineReply reply) =>
        origin.Handler?.ConcludeAsync(request, reply, origin.Asked, origin.Caller) ?? new(reply);
}
