using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Grains.Batches;

namespace OrleansLimiter.Grains;

/// <content>How a key's actor comes to count it, and leaves it to another one of them.</content>
internal abstract partial class LimitGrain : IKeyHandover
{
    private static readonly StoredKey Nothing = new();

    private PolicyActors? _policy;
    private bool _hasClaimed;

    // A state without this was given away, and is kept until the other says that it has it.
    private bool _counts;

    // In a turn that is not synchronous; in that part of one in which it takes over; whether it waits for other actors' answers then; and
    // which of them asked it meanwhile.
    private bool _isInTurn;
    private bool _isTakingOver;
    private bool _isAsking;
    private ActorKinds _askedMeanwhile;
    private TaskCompletionSource? _takeOverEnds;

    public async ValueTask<StoredKey> GiveAsync(byte to, CancellationToken cancellationToken)
    {
        while (!_isAsking && (_isTakingOver || !_saving.IsCompleted))
            await (_isTakingOver ? TakeOverEnds() : _saving).WaitAsync(cancellationToken);

        // Of two that ask each other neither waits, nor has more than what it gave away itself. The common one will ask again; an
        // algorithm's own one leaves the key to it.
        if (_isAsking)
            _askedMeanwhile |= ActorKinds.Of((ActorKind)to);
        if (_spec is null)
        {
            LeaveIfIdle();
            return Nothing;
        }

        _counts = false;
        return WireMap.ToStored(_spec, LimitKey.Snapshot(_spec, _state), silo.Catalog);
    }

    public ValueTask TakenAsync(CancellationToken cancellationToken)
    {
        if (!_counts && _spec is not null)
        {
            Forget();
            LeaveIfIdle();
        }

        return default;
    }

    private async ValueTask<LimitReplyMessage> UnusualTurnAsync(LimitCallMessage call, LimitRequest request, CancellationToken cancellation)
    {
        _policy ??= ActorNames.PolicyOf(this.GetPrimaryKeyString(), silo.Actors);
        _isInTurn = true;
        try
        {
            if (kind != ActorKind.Common)
                return await EnterAsync(cancellation) == kind ? await CountAsync(request, cancellation) : await ReferToCommonAsync();
            await _policy.LearnAsync(cancellation);
            var owner = _policy.Owner == kind ? await EnterAsync(cancellation) : _policy.Owner;
            if (owner != kind && await ForwardAsync(owner, call, cancellation) is { } reply)
                return reply;
            if (owner != kind)
                await EnterAsync(cancellation);
            return await CountAsync(request, cancellation);
        }
        finally
        {
            _isInTurn = false;
            if (_spec is null)
                StopCounting();
        }
    }

    /// <summary>From here on whoever else may come to count the key knows that this actor may.</summary>
    /// <returns>Who is to count it.</returns>
    private async ValueTask<ActorKind> EnterAsync(CancellationToken cancellationToken)
    {
        if (!_hasClaimed)
            _policy!.Claim(kind);
        _hasClaimed = true;
        await _policy!.EnterAsync(kind, cancellationToken);
        return _policy.Owner;
    }

    /// <summary>
    /// The common actor is asked though an algorithm's own one counts: by a front end of a build before this one, or one that has not
    /// noticed yet.
    /// </summary>
    /// <returns>That actor's reply; null where it finds that this one is to count.</returns>
    private async ValueTask<LimitReplyMessage?> ForwardAsync(ActorKind owner, LimitCallMessage call, CancellationToken cancellationToken)
    {
        var reply = await GrainFactory.GetGrain<ILimitGrain>(IdOf(owner)).ExecuteAsync(call, cancellationToken);

        // There is no room for the key there, and so there is none for this actor.
        if ((ReplyKind)reply.Kind == ReplyKind.Overloaded && _spec is null)
            DeactivateOnIdle();
        return (ReplyKind)reply.Kind == ReplyKind.AskCommon ? null : reply;
    }

    /// <summary>An algorithm's own actor is asked though the common one counts.</summary>
    private async ValueTask<LimitReplyMessage> ReferToCommonAsync()
    {
        if (_counts && _store is not null && !silo.Actors.HaveNamedActors)
        {
            // The common actor may be in a silo of a build before this one, which does not ask: it reads what is stored.
            await _saving;
            if (_store is { NeedsSaving: true })
                await (_saving = SaveAsync());
            if (_counts && _store is { NeedsSaving: false })
                Forget();
        }

        // It stays for a while, since others may be waiting to be told so; but not without room.
        if (_quota is null && !TryTakeRoom(isKnown: false, out _))
            DeactivateOnIdle();
        return WireMap.Failed(ReplyKind.AskCommon);
    }

    /// <summary>This actor counts the key, once it has what was used.</summary>
    private async ValueTask<LimitReplyMessage> CountAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (_counts)
            return Execute(request, silo.Clock.Now());
        _isTakingOver = true;
        try
        {
            var (given, isLeftToCommon) = await AskOthersAsync(cancellationToken);
            if (isLeftToCommon)
                return await ReferToCommonAsync();
            if (_quota is null && !TryTakeRoom(isKnown: given is not null, out var noRoom))
            {
                // Nothing is known of the key here: it may find room on another silo, or later.
                DeactivateOnIdle();
                return noRoom;
            }

            KeyStore? store = null;
            if (IsStored(request.Spec) || IsStored(given?.Spec ?? _spec))
            {
                store = new KeyStore(silo, IdOf(ActorKind.Common));
                if (!await store.TryReadAsync(cancellationToken))
                    return WireMap.Failed(ReplyKind.Unavailable);
            }

            SettleOn(given, store, request.Spec);
            if (given is { From: var from })
                await ConfirmAsync(from, cancellationToken);
            return Execute(request, silo.Clock.Now());
        }
        finally
        {
            _isTakingOver = false;
            _takeOverEnds?.SetResult();
            _takeOverEnds = null;
        }
    }

    /// <summary>Asks the other actors that may have counted the key.</summary>
    /// <returns>What one of them gave, if one did; whether the common one asked for the key meanwhile: this one leaves it then.</returns>
    private async ValueTask<(GivenKey? Given, bool IsLeftToCommon)> AskOthersAsync(CancellationToken cancellationToken)
    {
        // Algorithms' own actors do not ask each other: between two of them the common one counts.
        var left = kind == ActorKind.Common ? _policy!.InUse.Named.Known : _policy!.InUse & ActorKinds.Common;
        if (left.IsEmpty)
            return default;
        _isAsking = true;
        try
        {
            GivenKey? given = null;
            while (!left.IsEmpty && given is null)
            {
                var other = left.First;
                left &= ~ActorKinds.Of(other);
                var record = await GrainFactory.GetGrain<IKeyHandover>(IdOf(other)).GiveAsync((byte)kind, cancellationToken);
                if (KeyStore.TryUnderstand(silo, record, out var spec, out var state))
                    given = new GivenKey(other, spec, state);
                if (kind != ActorKind.Common && !_askedMeanwhile.IsEmpty)
                    return (null, true);
                left |= _askedMeanwhile;
                _askedMeanwhile = ActorKinds.None;
            }

            return (given, false);
        }
        finally
        {
            _isAsking = false;
            _askedMeanwhile = ActorKinds.None;
        }
    }

    private bool IsStored(LimitSpec? spec) => silo.Storage.Any is not null && spec is not null && KeyDurability.IsDurable(spec);

    /// <summary>
    /// Begins with what was given; else with what is stored, and what this actor gave away and nobody has; else with a fresh state.
    /// </summary>
    private void SettleOn(in GivenKey? given, KeyStore? store, LimitSpec asked)
    {
        var now = silo.Clock.Now();
        var isRecordBehind = given is not null || _spec is not null;
        if (given is { } key)
        {
            (_spec, _state) = (key.Spec, key.State);
        }
        else if (store is not null && store.TryRestore(out var stored, out var storedState))
        {
            if (_spec is null)
                (_spec, _state) = (stored, storedState);
            else
                LimitKey.MergeStricter(ref _spec, ref _state, stored, storedState, now);
        }

        if (_spec is null)
            (_spec, _state) = (asked, LimitKey.Fresh(asked, now));
        else
            WeighAnew();
        (_counts, _store) = (true, store);
        silo.Counting.Note(_counting ??= new CountingActor(this, kind));
        if (isRecordBehind)
            NoteChange();
    }

    private void WeighAnew()
    {
        var grown = KeyWeight.BytesOf(_state) - _weight;
        _weight += grown;
        if (grown > 0)
            _quota!.Take(grown);
        else
            _quota!.GiveBack(-grown);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The other keeps what it gave for a while longer, and nothing else comes of it.")]
    private async ValueTask ConfirmAsync(ActorKind giver, CancellationToken cancellationToken)
    {
        try
        {
            await GrainFactory.GetGrain<IKeyHandover>(IdOf(giver)).TakenAsync(cancellationToken);
        }
        catch (Exception)
        {
            // Whether it has heard or not, the key is counted here.
        }
    }

    /// <summary>Keeps nothing of the key any more, but for the room while it is in a turn.</summary>
    private void Forget()
    {
        _quota?.GiveBack(_weight);
        (_weight, _counts, _spec, _state, _store) = (0, false, null, default, null);
        if (_counting is not null)
            silo.Counting.Remove(_counting);
        if (!_isInTurn)
            StopCounting();
    }

    /// <summary>
    /// The key is not counted here. The common actor of one that is counted elsewhere needs no room of its own: there are never more of
    /// those. An algorithm's own actor keeps its room until it leaves.
    /// </summary>
    private void StopCounting()
    {
        if (_hasClaimed)
            _policy!.Release(kind);
        _hasClaimed = false;
        if (kind == ActorKind.Common || _isClosing)
            GiveRoomBack();
    }

    /// <summary>An actor that was only asked whether it has something leaves at once.</summary>
    private void LeaveIfIdle()
    {
        if (!_isInTurn && _spec is null)
            DeactivateOnIdle();
    }

    private Task TakeOverEnds() => (_takeOverEnds ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private GrainId IdOf(ActorKind other) => GrainId.Create(ActorKinds.TypeOf(other), this.GetGrainId().Key);

    /// <summary>What another actor of the key gave.</summary>
    private readonly record struct GivenKey(ActorKind From, LimitSpec Spec, KeyState State);
}
