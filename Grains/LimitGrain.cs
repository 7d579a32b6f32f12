using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Grains.Batches;

namespace OrleansLimiter.Grains;

/// <summary>
/// One key: reads the clock, asks the Core, keeps the state, answers. The turn that every algorithm's actor and the common one share: of
/// a key's actors one counts it at a time (<see cref="PolicyActors.Owner"/>), and takes what was used from the one that did before. Not
/// reentrant: turns are synchronous, but for the first one, which may read a snapshot or ask another actor, and for those in which
/// another one is to count. Saving interleaves with turns and is never waited for by one; so does handing over.
/// </summary>
internal abstract partial class LimitGrain(SiloParts silo, ActorKind kind) : Grain, ILimitGrain
{
    // Idle keys are looked for once a minute: room for others may come then.
    private static readonly Wait UntilIdleKeysGo = Wait.OfMicroseconds(60_000_000);

    // Orleans looks for idle actors once a minute, and knows of messages alone.
    private const long TellsOfUseEvery = 60_000_000;

    private KeyQuota? _quota;
    private CountingActor? _counting;
    private long _toldOfUseAt;
    private int _weight;
    private bool _isClosing;
    private bool _awaitsSaving;
    private LimitSpec? _spec;
    private KeyState _state;
    private KeyStore? _store;
    private Task _saving = Task.CompletedTask;

    public ValueTask<LimitReplyMessage> ExecuteAsync(LimitCallMessage call, CancellationToken cancellationToken)
    {
        var request = WireMap.ToRequest(call, silo.Catalog);
        if (!_counts || _policy!.Owner != kind)
            return UnusualTurnAsync(call, request, cancellationToken);
        silo.Counting.Note(_counting!);
        return new(Execute(request, silo.Clock.Now()));
    }

    /// <summary>
    /// Decides a request that came in a batch: in a turn of the actor's own scheduler, as any other, but without a message. Not in the
    /// midst of a turn that waits.
    /// </summary>
    /// <param name="asked">Which actor is meant.</param>
    /// <param name="name">Of which key, in UTF-8.</param>
    /// <param name="call">The request.</param>
    /// <param name="reply">The reply.</param>
    /// <returns>False where a message is needed; nothing was done then.</returns>
    /// <exception cref="ArgumentException">The call breaks a rule of the contract.</exception>
    internal bool TryDecide(ActorKind asked, ReadOnlySpan<byte> name, in LimitCallMessage call, out LimitReplyMessage reply)
    {
        reply = default;
        if (!_counts || _isInTurn || _isClosing || _policy!.Owner != kind || asked != kind)
            return false;
        if (!GrainContext.GrainId.Key.AsSpan().SequenceEqual(name))
            return false;
        var request = WireMap.ToRequest(call, silo.Catalog);
        var now = silo.Clock.Now();
        if (now.Microseconds - _toldOfUseAt >= TellsOfUseEvery)
        {
            _toldOfUseAt = now.Microseconds;
            DelayDeactivation(TimeSpan.FromMinutes(KeyDurability.IdleMinutes));
        }

        reply = Execute(request, now);
        return true;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isClosing = true;
        await _saving;
        if (_store is { NeedsSaving: true } || (_counts && _store is { HasRecord: true } && IsWhole()))
            await SaveAsync();
        Forget();
    }

    /// <summary>The interval since a change has passed. In a turn of the key's own; a key that is closing is saved by that.</summary>
    internal void OnSaveDue()
    {
        if (_isClosing)
            return;
        if (_counts)
            _saving = SaveAfterIntervalAsync();
        else
            _awaitsSaving = false;
    }

    private bool TryTakeRoom(bool isKnown, out LimitReplyMessage noRoom)
    {
        var quota = ActorNames.QuotaOf(this.GetPrimaryKeyString(), silo.Quotas);

        // A key that is counted already moves its room here: it is given back there in a moment.
        KeyQuota? full = null;
        if (isKnown)
            quota.Take(LimitGrainOptions.ActivationBytes);
        else
            full = quota.TryTake(LimitGrainOptions.ActivationBytes);
        noRoom = full is null ? default : NoRoom(full);
        _quota = full is null ? quota : null;
        return full is null;
    }

    private void GiveRoomBack()
    {
        _quota?.GiveBack(LimitGrainOptions.ActivationBytes);
        _quota = null;
    }

    /// <summary>
    /// A silo that is full of callers' keys is overloaded, and another may answer in its place; a tenant that has filled its quota is
    /// told so.
    /// </summary>
    private LimitReplyMessage NoRoom(KeyQuota full) =>
        silo.Quotas.IsOfAllCallers(full) ? WireMap.Failed(ReplyKind.Overloaded) : WireMap.KeyTableFull(UntilIdleKeysGo);

    private LimitReplyMessage Execute(in LimitRequest request, Instant now)
    {
        var old = _spec!;
        if (!old.Decides(request.Spec).Supports(request.Operation))
            return WireMap.Failed(ReplyKind.NotSupported);
        var lease = NewLease.For(old, request.Spec);
        if (WeighedKey.Execute(_quota!, ref _weight, ref _spec!, ref _state, request, lease, now, out var reply) is { } full)
            return NoRoom(full);
        if (!reply.IsFault && (reply.Decision.Charged > 0 || request.Operation > Operation.Peek || !ReferenceEquals(_spec, old)))
            NoteChange();
        return WireMap.ToMessage(reply, silo.Catalog, silo.Number);
    }

    private void NoteChange()
    {
        if (silo.Storage.Any is null || !KeyDurability.IsDurable(_spec!))
            return;
        _store ??= new KeyStore(silo, IdOf(ActorKind.Common));
        _store.NeedsSaving = true;
        if (_isClosing || _awaitsSaving)
            return;
        _awaitsSaving = true;
        silo.Saves.Add(this);
    }

    private async Task SaveAfterIntervalAsync()
    {
        await SaveAsync();
        _awaitsSaving = false;

        // Nothing of this save is kept until the next one.
        _saving = Task.CompletedTask;

        // Changed while it was written, or not written: once more after the interval.
        if (_store!.NeedsSaving)
            NoteChange();
    }

    private bool IsWhole()
    {
        var now = silo.Clock.Now();
        return LimitKey.ForgettableAt(_spec!, _state, now) <= now;
    }

    /// <summary>
    /// Stores the state, or deletes the record of a whole key; takes in what another activation stored in the meantime. Does not throw.
    /// </summary>
    private async Task SaveAsync()
    {
        for (var attempt = 1; attempt <= KeyStore.MaxAttempts; attempt++)
        {
            var result = IsWhole() ? await _store!.ClearAsync() : await _store!.WriteAsync(_spec!, _state);
            if (result != SaveResult.Conflict)
                return;
            if (_store.TryRestore(out var otherSpec, out var other))
                LimitKey.MergeStricter(ref _spec!, ref _state, otherSpec, other, silo.Clock.Now());
        }
    }
}
