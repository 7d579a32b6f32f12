using System.Runtime.CompilerServices;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Policies;

namespace OrleansLimiter.Resilience;

/// <summary>
/// Does what a policy says where the engine does not answer: its local budget decides, or the fault stays a fault, which <c>allow</c> lets
/// through and <c>deny</c> does not. Remembers what the engine's answers leave, and tells a refusal again without asking while it surely
/// holds: within this process as if the engine had been asked. Safe for use by many threads.
/// </summary>
internal sealed class FallbackEngine(
    ILimitEngine remote, LocalBudget local, RememberedAnswers remembered, PlaceReturns returns, PolicyCatalog policies,
        ResilienceMetrics metrics) : ILimitEngine
{
    public string Source => remote.Source;

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (remembered.TryRefuse(request, out var refusal, out var asked))
        {
            metrics.CountRememberedRefusal();
            return new(refusal);
        }

        // Before and after: a refusal from before it may be heard of in between.
        if (GivesBack(request.Operation))
            remembered.ForgetRefusals(request.Key);
        var pending = remote.ExecuteAsync(request, cancellationToken);
        return pending.IsCompletedSuccessfully
            ? Conclude(request, pending.Result, asked, cancellationToken)
            : Awaited(pending, request, asked, cancellationToken);
    }

    private static bool GivesBack(Operation operation) => operation is Operation.Refund or Operation.Release or Operation.Reset;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<EngineReply> Awaited(
        ValueTask<EngineReply> pending, LimitRequest request, RememberedAnswers.AskedAt asked, CancellationToken cancellationToken) =>
        await Conclude(request, await pending.ConfigureAwait(false), asked, cancellationToken).ConfigureAwait(false);

    private ValueTask<EngineReply> Conclude(
        in LimitRequest request, in EngineReply reply, RememberedAnswers.AskedAt asked, CancellationToken cancellationToken)
    {
        if (GivesBack(request.Operation))
            remembered.ForgetRefusals(request.Key);
        if (reply.IsFault)
            return reply.Fault.IsAway ? InItsPlace(request, reply, cancellationToken) : new(reply);
        if (request.Operation == Operation.Reset)
            return Forgotten(request, reply, cancellationToken);
        if (request.Operation is Operation.Release or Operation.Renew)
            return reply.Decision.IsAdmitted || OnUnavailableOf(request) != OnUnavailable.Local
                ? new(reply)
                : KnownLocally(request, reply, cancellationToken);
        remembered.Note(request, reply, asked);
        return new(reply);
    }

    private ValueTask<EngineReply> InItsPlace(in LimitRequest request, in EngineReply reply, CancellationToken cancellationToken)
    {
        var choice = OnUnavailableOf(request);
        metrics.CountFallback(reply.Fault.Kind, choice);
        if (request.Operation is Operation.Release or Operation.Renew)
            return DoneLater(request, reply, choice, cancellationToken);
        return choice switch
        {
            // The owner's key is the owner's to forget: who asks for that must hear that it did not happen.
            OnUnavailable.Local when request.Operation == Operation.Reset => new(reply.From(ReplySource.Engine)),
            OnUnavailable.Local => local.ExecuteAsync(request, cancellationToken),
            OnUnavailable.Allow => new(reply.From(ReplySource.Local)),
            _ => new(reply.From(ReplySource.Engine)),
        };
    }

    /// <summary>
    /// The engine cannot be asked to free a place, or to hold on to it: it is asked later, unless the place was given out here. One that is
    /// held anyway is renewed by who holds it.
    /// </summary>
    private async ValueTask<EngineReply> DoneLater(
        LimitRequest request, EngineReply reply, OnUnavailable choice, CancellationToken cancellationToken)
    {
        if (choice == OnUnavailable.Local)
        {
            var done = await local.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
            if (!done.IsFault && done.Decision.IsAdmitted)
                return done;
        }

        if (request.Operation == Operation.Release || request.Lease.IsProvisional)
            returns.Add(request);
        return reply.From(choice == OnUnavailable.Allow ? ReplySource.Local : ReplySource.Engine);
    }

    /// <summary>A place that the engine does not know may be one that was given out here.</summary>
    private async ValueTask<EngineReply> KnownLocally(LimitRequest request, EngineReply otherwise, CancellationToken cancellationToken)
    {
        var known = await local.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
        return !known.IsFault && known.Decision.IsAdmitted ? known : otherwise.From(ReplySource.Engine);
    }

    private async ValueTask<EngineReply> Forgotten(LimitRequest request, EngineReply reply, CancellationToken cancellationToken)
    {
        await local.ForgetAsync(request, cancellationToken).ConfigureAwait(false);
        return reply;
    }

    private OnUnavailable OnUnavailableOf(in LimitRequest request) =>
        policies.TryGet(request.Key.Scope.Policy, out var policy) ? policy.OnUnavailable : OnUnavailable.Local;
}
