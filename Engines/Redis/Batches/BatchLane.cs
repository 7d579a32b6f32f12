using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Batches;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Redis.Quotas;

namespace OrleansLimiter.Engines.Redis.Batches;

/// <summary>
/// The plain requests of one tenant under one spec: those that come while earlier ones are under way travel together, as soon as one of
/// those is answered or as they fill a message. With nothing under way nobody waits. First come, first sent. Safe for many threads.
/// </summary>
/// <param name="batching">What all lanes of the engine share.</param>
/// <param name="scope">Whose requests.</param>
/// <param name="spec">The spec that they are decided under.</param>
internal sealed class BatchLane(Batching batching, ScopeTable.Scope scope, SpecArguments spec)
{
    private readonly Lock _gate = new();
    private readonly List<BatchedCall> _waiting = [];
    private readonly int _most = Math.Min(batching.MostCalls, BatchMessage.MostCallsOf(spec));
    private RedisLink? _link;
    private int _underWay;

    /// <summary>
    /// Whether the request goes alone, at once, and ends with <see cref="End"/>; else what its caller waits for.
    /// </summary>
    public bool GoesAlone(RedisLink link, in LimitRequest request, CancellationToken cancellationToken, out ValueTask<EngineReply> answer)
    {
        BatchedCall call;
        BatchedCall[]? batch = null;
        lock (_gate)
        {
            // What is under way on a link that was left may be answered late, and holds nobody up.
            if (!ReferenceEquals(link, _link))
                (_link, _underWay) = (link, 0);
            if (_most < 2 || (_waiting.Count == 0 && _underWay < batching.CallsAlone))
            {
                _underWay++;
                answer = default;
                return true;
            }

            call = batching.Idle.Rent();
            call.Begin(request, cancellationToken);
            _waiting.Add(call);
            if (_underWay < Math.Max(1, batching.CallsAlone) || _waiting.Count >= _most)
            {
                _underWay++;
                batch = Take();
            }
        }

        call.WatchCaller();
        answer = call.Answer;
        if (batch is not null)
            Send(link, batch);
        return false;
    }

    /// <summary>A message was answered, or given up: who waits goes now.</summary>
    public void End(RedisLink link)
    {
        BatchedCall[] batch;
        lock (_gate)
        {
            if (!ReferenceEquals(link, _link))
                return;
            if (_waiting.Count == 0)
            {
                _underWay--;
                return;
            }

            batch = Take();
        }

        Send(link, batch);
    }

    private BatchedCall[] Take()
    {
        BatchedCall[] batch = [.. _waiting];
        _waiting.Clear();
        return batch;
    }

    /// <summary>Sends those whose callers are still there.</summary>
    private void Send(RedisLink link, BatchedCall[] batch)
    {
        var count = 0;
        foreach (var call in batch)
        {
            if (call.TrySend())
                batch[count++] = call;
            else
                Drop(call);
        }

        if (count == 0)
            End(link);
        else
            _ = SendAsync(link, batch.AsMemory(0, count));
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A bug is thrown at each caller, as where it asks alone.")]
    private async Task SendAsync(RedisLink link, ReadOnlyMemory<BatchedCall> calls)
    {
        byte[]? replies = null;
        EngineFault? fault = null;
        Exception? bug = null;
        try
        {
            replies = await new BatchMessage(scope, spec).RunAsync(link, calls, batching.Now()).ConfigureAwait(false);
        }
        catch (Exception failure) when (RedisFaults.Of(failure) is { } known)
        {
            fault = known;
        }
        catch (Exception thrown)
        {
            bug = thrown;
        }

        // The next message goes before callers are told: the server decides it meanwhile.
        End(link);
        if (bug is not null)
            Throw(calls.Span, bug);
        else if (fault is { } failed)
            Fail(calls.Span, failed);
        else
            Answer(link, calls.Span, replies);
    }

    private void Throw(ReadOnlySpan<BatchedCall> calls, Exception bug)
    {
        foreach (var call in calls)
        {
            call.Throw(bug);
            Drop(call);
        }
    }

    private void Fail(ReadOnlySpan<BatchedCall> calls, EngineFault fault)
    {
        foreach (var call in calls)
        {
            call.Reply(EngineReply.Failed(fault));
            Drop(call);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A reply that cannot be read is a bug: thrown at each caller who has none yet.")]
    private void Answer(RedisLink link, ReadOnlySpan<BatchedCall> calls, ReadOnlySpan<byte> replies)
    {
        var answered = 0;
        try
        {
            for (; answered < calls.Length; answered++)
            {
                var length = ReplyBytes.LengthAt(replies);
                Answer(link, calls[answered], replies[..length]);
                replies = replies[length..];
            }
        }
        catch (Exception bug)
        {
            Throw(calls[answered..], bug);
        }
    }

    private void Answer(RedisLink link, BatchedCall call, ReadOnlySpan<byte> reply)
    {
        switch (ReplyBytes.KindOf(reply))
        {
            case ReplyKind.Decided:
                call.Reply(DecidedBy(call, reply));
                break;
            case ReplyKind.DecidedNew:
                scope.Keys!.Made(KeyCensus.PlainBytes);
                goto case ReplyKind.Decided;
            case ReplyKind.NoRoom:
                call.Reply(EngineReply.Failed(EngineFault.KeyTableFullFor(scope.Keys!.RoomAfter)));
                break;
            default:
                _ = AskAloneAsync(link, call);
                return;
        }

        Drop(call);
    }

    private EngineReply DecidedBy(BatchedCall call, ReadOnlySpan<byte> reply) => EngineReply.Decided(
        ReplyBytes.Decided(reply, LeaseId.None, isTurn: false),
        spec.Spec.Version.IsNewerThan(call.Request.Spec.Version) ? spec.Spec : null);

    /// <summary>The state is under other rules, or too long, or none: asked for alone, this is told or done, and holds up nobody.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A bug is thrown at the caller.")]
    private async Task AskAloneAsync(RedisLink link, BatchedCall call)
    {
        try
        {
            call.Reply(await batching.AloneAsync(link, scope, spec, call.Request).ConfigureAwait(false));
        }
        catch (Exception thrown)
        {
            call.Throw(thrown);
        }

        call.Release();
    }

    private void Drop(BatchedCall call)
    {
        batching.Answered();
        call.Release();
    }
}
