using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Batches;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Engines.Orleans.Batches;

/// <summary>
/// The requests for keys that one silo holds. The first few go alone, at once. Who comes while those are under way joins whoever else comes
/// until the thread pool gets to sending them; who comes while batches are under way goes with the next one, as soon as all of those are
/// answered, or the last that was sent, or 64 have gathered. A batch is answered within a turn's time, whatever its keys do; a call that
/// goes alone may take longer, and holds nobody up. Safe for many threads.
/// </summary>
/// <param name="lanes">What all lanes share.</param>
/// <param name="silo">Who takes the batches.</param>
/// <param name="number">The silo, as replies name it.</param>
internal sealed class BatchLane(BatchLanes lanes, ILimitBatches silo, uint number) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly List<BatchedCall> _waiting = [];
    private int _alone;
    private int _underWay;
    private int _newest;
    private bool _isSending;
    private long _lastSign;

    // Whether somebody waits, or a batch is under way: nearly always neither.
    private volatile bool _isBusy;
    private volatile bool _isClosed;

    public uint Number => number;

    /// <summary>Whether it takes requests no more.</summary>
    public bool IsClosed => _isClosed;

    /// <summary>When it was closed, by the clock's timer.</summary>
    public long ClosedAt { get; private set; }

    /// <summary>Whether the request goes alone, at once, and ends with <see cref="End"/>; else what its caller waits for.</summary>
    public bool GoesAlone(
        AskedActor actor, in LimitRequest request, CancellationToken cancellationToken, out ValueTask<EngineReply> answer)
    {
        answer = default;
        if (!_isBusy)
        {
            if (Interlocked.Increment(ref _alone) <= lanes.Settings.CallsAlone || _isClosed)
                return true;
            Interlocked.Decrement(ref _alone);
        }

        BatchedCall? call = null;
        BatchedCall[] batch = [];
        var number = 0;
        var isFirst = false;
        lock (_gate)
        {
            var isStuck = _underWay > 0 && lanes.Time.GetElapsedTime(_lastSign) > lanes.Settings.Late;
            if (_isClosed || isStuck)
            {
                batch = TakeWaiting();
            }
            else
            {
                call = lanes.Idle.Rent();
                call.Begin(request, cancellationToken, actor);
                _waiting.Add(call);
                _isBusy = true;
                if (_waiting.Count >= lanes.Settings.Most)
                    batch = Take(out number);
                else if (_underWay == 0 && !_isSending)
                    isFirst = _isSending = true;
            }
        }

        if (call is null)
        {
            Interlocked.Increment(ref _alone);
            AskAlone(batch);
            return true;
        }

        call.WatchCaller();
        answer = call.Answer;

        // Whatever one caller has in its context has nothing to do with the others.
        if (batch.Length > 0)
            ThreadPool.UnsafeQueueUserWorkItem(
                static sent => sent.Lane.Send(sent.Batch, sent.Number), (Lane: this, Batch: batch, Number: number), preferLocal: true);
        else if (isFirst)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return false;
    }

    /// <summary>A call that went alone has ended.</summary>
    public void End() => Interlocked.Decrement(ref _alone);

    /// <summary>Sends those who have gathered since the first of them came.</summary>
    public void Execute()
    {
        BatchedCall[] batch;
        int number;
        lock (_gate)
        {
            _isSending = false;
            if (_underWay > 0)
                return;
            batch = Take(out number);
        }

        Send(batch, number);
    }

    /// <summary>Takes no requests any more; who waits goes alone.</summary>
    public void Close()
    {
        BatchedCall[] batch;
        lock (_gate)
        {
            if (!_isClosed)
                ClosedAt = lanes.Time.GetTimestamp();
            _isClosed = true;
            batch = TakeWaiting();
        }

        AskAlone(batch);
    }

    private BatchedCall[] TakeWaiting()
    {
        BatchedCall[] waiting = [.. _waiting];
        _waiting.Clear();
        return waiting;
    }

    private BatchedCall[] Take(out int number)
    {
        if (_underWay++ == 0)
            _lastSign = lanes.Time.GetTimestamp();
        number = ++_newest;
        return TakeWaiting();
    }

    private void EndBatch(int number)
    {
        BatchedCall[] batch;
        int next;
        lock (_gate)
        {
            _underWay--;
            _lastSign = lanes.Time.GetTimestamp();

            // One whose answer was lost holds nobody up for longer than the one after it takes.
            if (_underWay > 0 && number != _newest)
                return;
            if (_waiting.Count == 0)
            {
                _isBusy = _isSending || _underWay > 0;
                return;
            }

            batch = Take(out next);
        }

        Send(batch, next);
    }

    /// <summary>Sends those whose callers are still there.</summary>
    private void Send(BatchedCall[] batch, int number)
    {
        var count = 0;
        foreach (var call in batch)
        {
            if (call.TrySend())
                batch[count++] = call;
            else
                call.Release();
        }

        if (count >= lanes.Settings.Least && count > 0)
        {
            _ = SendAsync(count == batch.Length ? batch : batch[..count], number);
            return;
        }

        for (var i = 0; i < count; i++)
            _ = AskAloneAsync(batch[i], (AskedActor)batch[i].Target!);
        EndBatch(number);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Every one is a fault of each request.")]
    private async Task SendAsync(BatchedCall?[] calls, int number)
    {
        var rest = 0L;
        var isEnded = false;
        try
        {
            var reply = await InTimeAsync(silo.ExecuteAsync(MessageOf(calls))).ConfigureAwait(false);
            rest = reply.Rest;

            // The next batch goes before callers are told: the silo decides it meanwhile.
            isEnded = true;
            EndBatch(number);
            if (rest == LimitBatchReplyMessage.NothingDone)
            {
                Close();
                AskAgain(calls);
                return;
            }

            Answer(calls, reply);
            while (rest != 0)
            {
                reply = await InTimeAsync(silo.CollectAsync(rest)).ConfigureAwait(false);
                rest = reply.Rest;
                Answer(calls, reply);
            }

            Fail(calls, EngineFault.Unavailable);
        }
        catch (Exception failure)
        {
            Close();
            Fail(calls, ClusterFaults.Of(failure, CancellationToken.None) ?? EngineFault.Unavailable);
            if (!isEnded)
                EndBatch(number);
        }
    }

    // Between silos Orleans gives these calls half a minute, whatever is configured.
    private Task<LimitBatchReplyMessage> InTimeAsync(ValueTask<LimitBatchReplyMessage> reply) =>
        reply.AsTask().WaitAsync(lanes.Settings.Longest, lanes.Time);

    private LimitBatchMessage MessageOf(ReadOnlySpan<BatchedCall?> calls)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(calls.Length * LimitBatchFormat.MostCallBytes);
        var specs = ImmutableArray<LimitSpecMessage>.Empty;
        var length = 0;
        foreach (var call in calls)
        {
            var actor = (AskedActor)call!.Target!;
            var message = lanes.Calls.ToMessage(call.Request);
            var place = specs.IndexOf(message.Spec, 0, specs.Length, ReferenceEqualityComparer.Instance);
            if (place < 0)
                (place, specs) = (specs.Length, specs.Add(message.Spec));
            length += LimitBatchFormat.Write(bytes.AsSpan(length), place, actor.IsNamed, actor.Name.AsSpan(), message);
        }

        var written = bytes.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(bytes);
        return new LimitBatchMessage(specs, written);
    }

    /// <summary>Whoever is answered is taken out of <paramref name="calls"/>.</summary>
    private void Answer(BatchedCall?[] calls, LimitBatchReplyMessage message)
    {
        ReadOnlySpan<byte> left = message.Replies;
        while (!left.IsEmpty)
        {
            LimitBatchFormat.Read(ref left, message.NewerSpecs.AsSpan(), out var place, out var reply);
            if (place >= calls.Length || calls[place] is not { } call)
                continue;
            calls[place] = null;
            Answer(call, (AskedActor)call.Target!, reply);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown at the caller.")]
    private void Answer(BatchedCall call, AskedActor actor, in LimitReplyMessage reply)
    {
        if ((ReplyKind)reply.Kind == ReplyKind.AskCommon)
        {
            AskCommon(call, actor);
            return;
        }

        // Whatever keeps the silo from asking the actor, the next call goes the ordinary way.
        if ((ReplyKind)reply.Kind == ReplyKind.Unavailable)
            actor.Lane = null;
        else
            lanes.Calls.Learn(actor, reply.Silo);
        try
        {
            call.Reply(lanes.Calls.Read(reply, call.Request.Operation));
        }
        catch (Exception thrown)
        {
            call.Throw(thrown);
        }

        call.Release();
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Every one is the request's fault.")]
    private void AskCommon(BatchedCall call, AskedActor own)
    {
        AskedActor common;
        try
        {
            common = lanes.Calls.CommonOf(own);
        }
        catch (Exception failure)
        {
            call.Reply(EngineReply.Failed(ClusterFaults.Of(failure, CancellationToken.None) ?? EngineFault.Unavailable));
            call.Release();
            return;
        }

        _ = AskAloneAsync(call, common);
    }

    private static void Fail(BatchedCall?[] calls, EngineFault fault)
    {
        foreach (var call in calls)
        {
            call?.Reply(EngineReply.Failed(fault));
            call?.Release();
        }
    }

    /// <summary>Asks alone for those who wait.</summary>
    private void AskAlone(BatchedCall[] calls)
    {
        foreach (var call in calls)
        {
            if (call.TrySend())
                _ = AskAloneAsync(call, (AskedActor)call.Target!);
            else
                call.Release();
        }
    }

    /// <summary>Asks alone for those who were sent in vain.</summary>
    private void AskAgain(BatchedCall?[] calls)
    {
        foreach (var call in calls)
        {
            if (call!.Caller.IsCancellationRequested)
                call.Release();
            else
                _ = AskAloneAsync(call, (AskedActor)call.Target!);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown at the caller.")]
    private async Task AskAloneAsync(BatchedCall call, AskedActor actor)
    {
        try
        {
            call.Reply(await lanes.Calls.AskAsync(actor, call.Request, call.Caller).ConfigureAwait(false));
        }
        catch (Exception thrown)
        {
            call.Throw(thrown);
        }

        call.Release();
    }
}
