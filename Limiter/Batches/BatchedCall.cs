using System.Threading.Tasks.Sources;
using OrleansLimiter.Core.Collections;
using OrleansLimiter.Core.Decisions;

namespace OrleansLimiter.Batches;

/// <summary>
/// A request that waits for company, and its caller's answer. Two hold it: the lane, until the request is decided or dropped, and the
/// caller, until it has its answer or has gone; then it is used again. Safe for many threads.
/// </summary>
/// <param name="idle">Where it goes then.</param>
internal sealed class BatchedCall(IdlePool<BatchedCall> idle) : IValueTaskSource<EngineReply>
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int Answered = 2;

    // A caller's code never runs in the thread that answers a whole batch.
    private ManualResetValueTaskSourceCore<EngineReply> _answer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private CancellationToken _caller;
    private LimitRequest _request;
    private int _state;
    private int _holders;

    public ref readonly LimitRequest Request => ref _request;

    /// <summary>Calls to be used again.</summary>
    public static IdlePool<BatchedCall> NewPool()
    {
        IdlePool<BatchedCall> pool = null!;
        return pool = new IdlePool<BatchedCall>(() => new BatchedCall(pool));
    }

    /// <summary>What the lane keeps beside the request: its own business.</summary>
    public object? Target { get; private set; }

    /// <summary>The caller's patience.</summary>
    public CancellationToken Caller => _caller;

    /// <summary>What the caller waits for: once.</summary>
    public ValueTask<EngineReply> Answer => new(this, _answer.Version);

    public void Begin(in LimitRequest request, CancellationToken cancellationToken, object? target = null)
    {
        _answer.Reset();
        _request = request;
        _caller = cancellationToken;
        Target = target;
        _state = Waiting;
        _holders = 2;
    }

    /// <summary>Has the caller's wait end when it has had enough. Called before the caller is given <see cref="Answer"/>.</summary>
    public void WatchCaller()
    {
        if (_caller.CanBeCanceled)
            _cancellation = _caller.UnsafeRegister(static (call, token) => ((BatchedCall)call!).Cancel(token), this);
    }

    /// <summary>Whether it is to be sent: not if its caller has gone, which is then surely not charged.</summary>
    public bool TrySend() => Interlocked.CompareExchange(ref _state, Sent, Waiting) == Waiting;

    /// <summary>Answers the caller, if it is still there. Called by the lane, once, and before <see cref="Release"/>.</summary>
    public void Reply(EngineReply reply)
    {
        if (Interlocked.CompareExchange(ref _state, Answered, Sent) == Sent)
            _answer.SetResult(reply);
    }

    /// <summary>The same with a bug.</summary>
    public void Throw(Exception bug)
    {
        if (Interlocked.CompareExchange(ref _state, Answered, Sent) == Sent)
            _answer.SetException(bug);
    }

    /// <summary>One of the two has done with it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        (_request, _caller, Target) = (default, default, null);
        idle.Return(this);
    }

    EngineReply IValueTaskSource<EngineReply>.GetResult(short token)
    {
        // Whoever asks a second time is told so here, and does not give back what is another caller's by now.
        _answer.GetStatus(token);
        try
        {
            return _answer.GetResult(token);
        }
        finally
        {
            _cancellation.Dispose();
            _cancellation = default;
            Release();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<EngineReply>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<EngineReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);

    private void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _state, Answered) != Answered)
            _answer.SetException(new OperationCanceledException(cancellationToken));
    }
}
