using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Resilience;

/// <summary>
/// One call of a remote engine that did not answer at once: counted until it really ends, raced against its deadline and its caller's
/// patience, recorded by the breakers, concluded. Whichever ends it first makes the reply; a call that is given up runs on unwatched, and
/// what it throws then is observed. Awaited once, by one caller; ended from any thread. One that ended in time is used again when its
/// caller has the reply; one that was given up never, since its engine may still look at its token.
/// </summary>
internal sealed class RemoteCall : IValueTaskSource<EngineReply>
{
    private readonly RemoteCalls _owner;
    private readonly CancellationTokenSource _source;
    private readonly Action _onEngineEnded;
    private ManualResetValueTaskSourceCore<EngineReply> _result;
    private ConfiguredValueTaskAwaitable<EngineReply>.ConfiguredValueTaskAwaiter _engine;
    private LimitRequest _request;
    private CallOrigin _origin;
    private PartitionBreaker? _part;
    private bool _isRecorded;
    private CallsInFlight.Places? _tenant;
    private CancellationTokenRegistration _link;
    private bool _isReusable;
    private int _isEnded;

    /// <param name="owner">Whose call it is.</param>
    /// <param name="source">Cancels what the engine does for it.</param>
    public RemoteCall(RemoteCalls owner, CancellationTokenSource source)
    {
        (_owner, _source) = (owner, source);
        _onEngineEnded = OnEngineEnded;
    }

    /// <summary>The engine's token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>When it is given up, of the monotonic timer. The line's.</summary>
    internal long DueAt { get; set; }

    /// <summary>The line in which it waits for its deadline; null: in none. The line's.</summary>
    internal DeadlineLine? Line { get; set; }

    /// <summary>Who falls due before it. The line's.</summary>
    internal RemoteCall? Before { get; set; }

    /// <summary>Who falls due after it. The line's.</summary>
    internal RemoteCall? After { get; set; }

    /// <summary>Waits for the engine.</summary>
    /// <param name="pending">What the engine was asked, with <see cref="Token"/>.</param>
    /// <param name="request">The same.</param>
    /// <param name="origin">Who asked.</param>
    /// <param name="part">The breaker of its partition.</param>
    /// <param name="isRecorded">Whether the breakers record the reply.</param>
    /// <param name="tenant">Whose call it counts as.</param>
    public ValueTask<EngineReply> RunAsync(
        in ValueTask<EngineReply> pending,
        in LimitRequest request,
        in CallOrigin origin,
        PartitionBreaker? part,
        bool isRecorded,
        CallsInFlight.Places? tenant)
    {
        (_request, _origin, _part, _isRecorded, _tenant) = (request, origin, part, isRecorded, tenant);
        _engine = pending.ConfigureAwait(false).GetAwaiter();

        // Once the engine has ended it may be anybody's.
        var reply = new ValueTask<EngineReply>(this, _result.Version);
        _owner.Deadlines.Add(this);
        if (origin.Caller.CanBeCanceled)
        {
            _link = origin.Caller.UnsafeRegister(static call => ((RemoteCall)call!).GiveUp(), this);

            // Its deadline may have come in between, or its caller may have been gone.
            if (Volatile.Read(ref _isEnded) != 0)
                _link.Dispose();
        }

        if (_engine.IsCompleted)
            OnEngineEnded();
        else
            _engine.UnsafeOnCompleted(_onEngineEnded);
        return reply;
    }

    /// <summary>Its deadline has come, or its caller has gone: the caller is told, whatever the engine does.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
            return;
        _link.Dispose();
        Line?.Remove(this);
        _owner.Cancel(_source);
        if (!_origin.Caller.IsCancellationRequested)
        {
            Conclude(EngineReply.Failed(EngineFault.DeadlineExceeded));
            return;
        }

        _origin.Handler?.Abandon(_request);
        _result.SetException(new OperationCanceledException(_origin.Caller));
    }

    /// <summary>Makes it as new, if its token was not cancelled.</summary>
    public bool TryReset()
    {
        if (!_source.TryReset())
            return false;
        _result.Reset();
        (_request, _origin, _part, _tenant, _engine, _link) = (default, default, null, null, default, default);
        (_isReusable, _isEnded) = (false, 0);
        return true;
    }

    EngineReply IValueTaskSource<EngineReply>.GetResult(short token)
    {
        var reply = _result.GetResult(token);
        if (_isReusable)
            _owner.TakeBack(this);
        return reply;
    }

    ValueTaskSourceStatus IValueTaskSource<EngineReply>.GetStatus(short token) => _result.GetStatus(token);

    void IValueTaskSource<EngineReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _result.OnCompleted(continuation, state, token, flags);

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "Whatever a call throws becomes a fault, or was given up before.")]
    private void OnEngineEnded()
    {
        _owner.Leave(_tenant);
        var isInTime = Interlocked.Exchange(ref _isEnded, 1) == 0;
        if (isInTime)
        {
            // Waits for the caller's cancellation where that is under way on another thread: after it only the line may know this call.
            _link.Dispose();
            _isReusable = Line?.Remove(this) ?? false;
        }

        EngineReply reply;
        try
        {
            reply = _engine.GetResult();
        }
        catch (Exception thrown)
        {
            if (!isInTime)
                return;
            if (thrown is NotSupportedException)
            {
                _result.SetException(thrown);
                return;
            }

            reply = _owner.Fault(thrown);
        }

        if (isInTime)
            Conclude(reply);
    }

    private void Conclude(in EngineReply reply)
    {
        ValueTask<EngineReply> concluded;
        try
        {
            if (_isRecorded)
                _owner.Breakers.Record(reply, _part);
            concluded = _origin.Handler?.ConcludeAsync(_request, reply, _origin.Asked, _origin.Caller) ?? new(reply);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            _result.SetException(thrown);
            return;
        }

        if (concluded.IsCompletedSuccessfully)
            _result.SetResult(concluded.Result);
        else
            _ = FinishAsync(concluded);
    }

    private async Task FinishAsync(ValueTask<EngineReply> concluded)
    {
        EngineReply reply;
        try
        {
            reply = await concluded.ConfigureAwait(false);
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            _result.SetException(thrown);
            return;
        }

        _result.SetResult(reply);
    }
}
