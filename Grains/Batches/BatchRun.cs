using System.Buffers;
using System.Collections.Immutable;

namespace OrleansLimiter.Grains.Batches;

/// <summary>
/// The requests of one batch under way: their actors are asked all at once, and told of together as soon as all have answered. What is not
/// there within a turn's time is told of later, to whoever asks for it. Used again, unless some replies were late. Safe for many threads.
/// </summary>
internal sealed class BatchRun : IDisposable
{
    private readonly Lock _gate = new();
    private readonly BatchTurn[] _turns = new BatchTurn[LimitBatchFormat.MostCalls];
    private readonly LimitReplyMessage[] _replies = new LimitReplyMessage[LimitBatchFormat.MostCalls];
    private readonly bool[] _isUntold = new bool[LimitBatchFormat.MostCalls];
    private readonly ITimer _timer;
    private TaskCompletionSource<LimitBatchReplyMessage>? _asker;
    private bool _isOpen;
    private long _since;
    private long _number;
    private int _count;
    private int _awaited;

    public BatchRun(BatchRunPool pool)
    {
        Pool = pool;
        for (var place = 0; place < _turns.Length; place++)
            _turns[place] = new BatchTurn(this, place);
        using (ExecutionContext.SuppressFlow())
            _timer = pool.Time.CreateTimer(
                static run => ((BatchRun)run!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public BatchRunPool Pool { get; }

    private bool IsLate => Volatile.Read(ref _number) != 0;

    /// <summary>Asks all actors.</summary>
    /// <param name="batch">The batch.</param>
    /// <returns>The replies that there are in time.</returns>
    /// <exception cref="ArgumentException">It is none.</exception>
    public Task<LimitBatchReplyMessage> StartAsync(LimitBatchMessage batch)
    {
        Task<LimitBatchReplyMessage> answer;
        lock (_gate)
        {
            answer = Ask();
            (_count, _isOpen) = (0, true);

            // One more than are asked, until all are.
            _awaited = 1;
            Wait(BatchRunPool.Turn);
        }

        Begin(batch);
        TakeOne();
        return answer;
    }

    /// <summary>Waits for more replies, where some were late.</summary>
    public Task<LimitBatchReplyMessage> NextAsync()
    {
        lock (_gate)
        {
            // Whoever asked before has gone.
            Answer();
            var answer = Ask();
            if (Volatile.Read(ref _awaited) == 0 || _isUntold.AsSpan(0, _count).Contains(true))
                Answer();
            return answer;
        }
    }

    /// <summary>A request was decided, or could not be.</summary>
    public void Take(int place, in LimitReplyMessage reply)
    {
        _replies[place] = reply;
        Volatile.Write(ref _isUntold[place], true);
        TakeOne();
    }

    public void Dispose() => _timer.Dispose();

    private Task<LimitBatchReplyMessage> Ask() =>
        (_asker = new TaskCompletionSource<LimitBatchReplyMessage>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Begin(LimitBatchMessage batch)
    {
        ReadOnlySpan<byte> rest = batch.Calls;
        while (!rest.IsEmpty)
        {
            if (_count == LimitBatchFormat.MostCalls)
                throw new ArgumentException($"A batch has at most {LimitBatchFormat.MostCalls} requests.", nameof(batch));
            var nameAt = batch.Calls.Length - rest.Length + LimitBatchFormat.NameOffset;
            LimitBatchFormat.Read(ref rest, batch.Specs.AsSpan(), out var isNamed, out var name, out var call);
            Interlocked.Increment(ref _awaited);
            _turns[_count++].Begin(isNamed, batch.Calls.AsMemory(nameAt, name.Length), call);
        }
    }

    private void TakeOne()
    {
        var isLast = Interlocked.Decrement(ref _awaited) == 0;
        if (!isLast && !IsLate)
            return;
        lock (_gate)
        {
            Answer();
            if (!isLast || IsLate)
                return;
            _isOpen = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            for (var place = 0; place < _count; place++)
                _turns[place].Clear();
            Array.Clear(_replies, 0, _count);
        }

        Pool.Return(this);
    }

    private void Wait(TimeSpan time)
    {
        _since = Pool.Time.GetTimestamp();
        _timer.Change(time, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            if (!_isOpen || (!IsLate && Volatile.Read(ref _awaited) == 0))
                return;

            // The timer of the batch before, or of the turn, may come now.
            var left = (IsLate ? BatchRunPool.Kept : BatchRunPool.Turn) - Pool.Time.GetElapsedTime(_since);
            if (left > TimeSpan.Zero)
            {
                _timer.Change(left, Timeout.InfiniteTimeSpan);
            }
            else if (!IsLate)
            {
                // From here on each reply is told of as it comes; those that came before are found below.
                Interlocked.Exchange(ref _number, Pool.Keep(this));
                Answer();
            }
            else if (_asker is null)
            {
                Close();
            }
            else
            {
                Wait(BatchRunPool.Kept);
            }
        }
    }

    /// <summary>Tells whoever asks what was not told yet, and where to ask for the rest.</summary>
    private void Answer()
    {
        if (_asker is not { } asker)
            return;

        // Looked at first: what comes in between is told of next time.
        var isAll = Volatile.Read(ref _awaited) == 0;
        _asker = null;
        asker.SetResult(Untold(isAll ? 0 : _number));
        if (!IsLate)
            return;
        if (isAll)
            Close();
        else
            Wait(BatchRunPool.Kept);
    }

    /// <summary>Nobody asks any more, or there is nothing left to tell.</summary>
    private void Close()
    {
        _isOpen = false;
        Pool.Forget(_number);
        _timer.Dispose();
    }

    private LimitBatchReplyMessage Untold(long rest)
    {
        // Requests may still be begun meanwhile: what comes behind these is told of next time.
        var count = Volatile.Read(ref _count);
        var bytes = ArrayPool<byte>.Shared.Rent(count * LimitBatchFormat.MostReplyBytes);
        var length = 0;
        var specs = ImmutableArray<LimitSpecMessage>.Empty;
        for (var place = 0; place < count; place++)
        {
            if (!Volatile.Read(ref _isUntold[place]))
                continue;
            _isUntold[place] = false;
            ref readonly var reply = ref _replies[place];
            if (reply.NewerSpec is { } newer && !specs.Contains(newer))
                specs = specs.Add(newer);
            var silo = reply.Silo == Pool.Silo ? 0 : (uint)reply.Silo;
            var newerPlace = reply.NewerSpec is null ? 0 : specs.IndexOf(reply.NewerSpec);
            length += LimitBatchFormat.Write(bytes.AsSpan(length), place, reply, silo, newerPlace);
        }

        var replies = bytes.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(bytes);
        return new LimitBatchReplyMessage(rest, specs, replies);
    }
}
