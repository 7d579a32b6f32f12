using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Grains;
using OrleansLimiter.Valve;
using OrleansLimiter.Valve.Tokens;

namespace OrleansLimiter.Engines.Orleans;

/// <summary>
/// The cluster's valves: each call is one call to the actor that owns the sale, but for polls, which go together. The caller's deadline is
/// its cancellation token, which travels with the call. Never waits for a connection, and never answers by itself. Safe for many threads.
/// </summary>
/// <param name="gate">The cluster, once there is one.</param>
/// <param name="seal">
/// The keys of the front ends, which the actors are handed and keep in memory alone: draws' seeds are stored sealed with them. An actor
/// that is activated anew asks for them by not answering, and is given them by whoever asks first. Null: seeds are stored as they are.
/// </param>
/// <param name="application">What the names of all actors begin with, as of <see cref="OrleansEngine"/>.</param>
internal sealed class OrleansValve(ClusterGate gate, SeedSeal? seal = null, string application = "") : IValveEngine
{
    private readonly string _beginning = ApplicationName.BeginningOf(application);
    private readonly byte[]? _keys = seal is { HasKeys: true } ? seal.Export() : null;
    private readonly ConcurrentDictionary<SaleId, PollBatcher> _polls = []; // of sales that are polled and not over

    public string Source => "cluster";

    public ValueTask<ValveReply<ValveStatus>> SetUpAsync(ValveSpec spec, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var message = ValveWireMap.ToMessage(spec);
        return CallAsync(
            spec.Sale,
            valve => _keys is null
                ? valve.SetUpAsync(message, cancellationToken)
                : valve.SetUpSealedAsync(message, _keys, cancellationToken),
            StatusOf,
            cancellationToken);
    }

    public ValueTask<ValveReply<ValveAnswer>> JoinAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        CallAsync(sale, valve => valve.JoinAsync(user.High, user.Low, cancellationToken), message => AnswerOf(message, sale, user),
            cancellationToken);

    public async ValueTask<ValveReply<ValveAnswer>> PollAsync(SaleId sale, UserId user, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_polls.TryGetValue(sale, out var polls))
        {
            var gathered = await polls.AskAsync(user, cancellationToken);
            if (!gathered.IsFault && IsOver(gathered)) // what answered once is worth gathering for, through a fault too
                _polls.TryRemove(sale, out _);
            return gathered;
        }

        var reply = await CallAsync(sale, valve => valve.PollAsync(user.High, user.Low, cancellationToken), message =>
            AnswerOf(message, sale, user), cancellationToken);

        // Names come from outside: what is no sale is not kept, nor what few ask for any more.
        if (!IsOver(reply))
            _polls.GetOrAdd(sale, id => new PollBatcher(users => PollAsync(id, users)));
        return reply;
    }

    public async ValueTask<EngineFault> KeepAsync(SaleId sale, UserId user, Wait told, CancellationToken cancellationToken) =>
        (await CallAsync(
            sale,
            valve => valve.KeepAsync(user.High, user.Low, told.MillisecondsUp ?? int.MaxValue, cancellationToken),
            kind => IsDecided(kind, out var fault) ? ValveReply.Of(true) : ValveReply.Failed<bool>(fault),
            cancellationToken)).Fault;

    public ValueTask<ValveReply<PlaceEnded>> LeaveAsync(SaleId sale, UserId user, CancellationToken cancellationToken) =>
        CallAsync(sale, valve => valve.LeaveLineAsync(user.High, user.Low, cancellationToken), EndedOf, cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> CompleteAsync(Admission admission, CancellationToken cancellationToken) =>
        CallAsync(
            admission.Sale, valve => valve.CompleteAsync(ValveWireMap.ToMessage(admission), cancellationToken), EndedOf, cancellationToken);

    public ValueTask<ValveReply<PlaceEnded>> AbandonAsync(Admission admission, CancellationToken cancellationToken) =>
        CallAsync(
            admission.Sale, valve => valve.AbandonAsync(ValveWireMap.ToMessage(admission), cancellationToken), EndedOf, cancellationToken);

    public ValueTask<ValveReply<ValveStatus>> CommandAsync(SaleId sale, ValveCommand command, CancellationToken cancellationToken) =>
        CallAsync(sale, valve => valve.CommandAsync(ValveWireMap.ToMessage(command), cancellationToken), StatusOf, cancellationToken);

    public ValueTask<ValveReply<ValveStatus>> StatusAsync(SaleId sale, CancellationToken cancellationToken) =>
        CallAsync(sale, valve => valve.StatusAsync(cancellationToken), StatusOf, cancellationToken);

    public ValueTask<ValveReply<DrawProof>> DrawAsync(SaleId sale, CancellationToken cancellationToken) =>
        CallAsync(sale, valve => valve.DrawAsync(cancellationToken), ProofOf, cancellationToken);

    // Without a deadline of any one caller's: at worst the call ends as every call does, after ClusterTimes.Response.
    private async Task<IReadOnlyList<ValveReply<ValveAnswer>>> PollAsync(SaleId sale, IReadOnlyList<UserId> users)
    {
        var reply = await CallAsync(
            sale,
            valve => valve.PollManyAsync(ValveWireMap.ToMessage(users), CancellationToken.None),
            message => IsDecided(message.Kind, out var fault)
                ? ValveReply.Of(message.Answers)
                : ValveReply.Failed<ImmutableArray<ValveAnswerMessage>>(fault),
            CancellationToken.None);
        return [.. users.Select((user, i) => reply.IsFault
            ? ValveReply.Failed<ValveAnswer>(reply.Fault)
            : ValveReply.Of(ValveWireMap.ToAnswer(reply.Value[i], sale, user)))];
    }

    private static bool IsOver(in ValveReply<ValveAnswer> reply) =>
        reply.IsFault || reply.Value.Phase is ValvePhase.SoldOut or ValvePhase.Closed;

    /// <summary>How many sales' polls are gathered.</summary>
    internal int Gathered => _polls.Count;

    private static ValveReply<ValveAnswer> AnswerOf(in ValveAnswerMessage message, SaleId sale, UserId user) =>
        IsDecided(message.Kind, out var fault)
            ? ValveReply.Of(ValveWireMap.ToAnswer(message, sale, user))
            : ValveReply.Failed<ValveAnswer>(fault);

    private static ValveReply<ValveStatus> StatusOf(ValveStatusMessage message) =>
        IsDecided(message.Kind, out var fault) ? ValveReply.Of(ValveWireMap.ToStatus(message)) : ValveReply.Failed<ValveStatus>(fault);

    private static ValveReply<PlaceEnded> EndedOf(PlaceEndedMessage message) =>
        IsDecided(message.Kind, out var fault) ? ValveReply.Of(ValveWireMap.ToEnded(message)) : ValveReply.Failed<PlaceEnded>(fault);

    private static ValveReply<DrawProof> ProofOf(DrawProofMessage message) =>
        IsDecided(message.Kind, out var fault) ? ValveReply.Of(ValveWireMap.ToProof(message)) : ValveReply.Failed<DrawProof>(fault);

    /// <summary>Whether the actor answered. Whatever a newer silo may come to say is a fault, which lets nobody through.</summary>
    private static bool IsDecided(byte kind, out EngineFault fault)
    {
        fault = (ReplyKind)kind switch
        {
            ReplyKind.Decided => default,
            ReplyKind.Overloaded => EngineFault.Overloaded,
            _ => EngineFault.Unavailable,
        };
        return fault.Kind == EngineFaultKind.None;
    }

    private async ValueTask<ValveReply<TValue>> CallAsync<TMessage, TValue>(
        SaleId sale, Func<IQueueValveGrain, ValueTask<TMessage>> call, Func<TMessage, ValveReply<TValue>> read,
            CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!TryFind(sale, out var valve))
            return ValveReply.Failed<TValue>(EngineFault.Unavailable);
        try
        {
            var reply = read(await call(valve));
            var mayBeSealed = _keys is not null && reply.Fault.Kind == EngineFaultKind.Unavailable;
            return mayBeSealed && await valve.OpenAsync(_keys!, cancellationToken) == 1 ? read(await call(valve)) : reply;
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, cancellationToken) is { } fault)
        {
            return ValveReply.Failed<TValue>(fault);
        }
    }

    /// <summary>
    /// The actor of a sale; none without a sale's name, or where the client has no connection any more, or not yet the list of what the
    /// silos host.
    /// </summary>
    private bool TryFind(SaleId sale, [NotNullWhen(true)] out IQueueValveGrain? valve)
    {
        valve = null;
        if (sale == default || gate.Grains is not { } grains)
            return false;
        try
        {
            valve = grains.GetGrain<IQueueValveGrain>(_beginning + sale.Value);
            return true;
        }
        catch (Exception failure) when (ClusterFaults.Of(failure, CancellationToken.None) is not null)
        {
            return false;
        }
    }
}
