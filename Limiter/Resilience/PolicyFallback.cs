using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Policies;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What a policy says where the engine does not answer: its local budget decides, or the fault stays a fault, which <c>allow</c> lets
/// through and <c>deny</c> does not. Safe for use by many threads.
/// </summary>
internal sealed class PolicyFallback(LocalBudget local, PlaceReturns returns, PolicyCatalog policies, ResilienceMetrics metrics)
{
    /// <summary>Answers in the engine's place.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="reply">The fault of an engine that is away.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<EngineReply> AnswerAsync(in LimitRequest request, in EngineReply reply, CancellationToken cancellationToken)
    {
        var choice = ChoiceFor(request);
        metrics.CountFallback(reply.Fault.Kind, choice);
        if (request.Operation is Operation.Release or Operation.Renew)
            return DoneLaterAsync(request, reply, choice, cancellationToken);
        return choice switch
        {
            // The owner's key is the owner's to forget: who asks for that must hear that it did not happen.
            OnUnavailable.Local when request.Operation == Operation.Reset => new(reply.From(ReplySource.Engine)),
            OnUnavailable.Local => local.ExecuteAsync(request, cancellationToken),
            OnUnavailable.Allow => new(reply.From(ReplySource.Local)),
            _ => new(reply.From(ReplySource.Engine)),
        };
    }

    /// <summary>The engine frees or renews a place, or does not know it: it may be one that was given out here.</summary>
    /// <param name="request">The release or renewal.</param>
    /// <param name="reply">The engine's decision.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<EngineReply> KnownHereAsync(in LimitRequest request, in EngineReply reply, CancellationToken cancellationToken) =>
        reply.Decision.IsAdmitted || ChoiceFor(request) != OnUnavailable.Local
            ? new(reply)
            : LookHereAsync(request, reply, cancellationToken);

    /// <summary>The engine has forgotten a key, and so does this process.</summary>
    /// <param name="request">The reset.</param>
    /// <param name="reply">The engine's decision.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public async ValueTask<EngineReply> ForgottenAsync(LimitRequest request, EngineReply reply, CancellationToken cancellationToken)
    {
        await local.ForgetAsync(request, cancellationToken).ConfigureAwait(false);
        return reply;
    }

    /// <summary>
    /// The engine cannot be asked to free a place, or to hold on to it: it is asked later, unless the place was given out here. One that is
    /// held anyway is renewed by who holds it.
    /// </summary>
    private async ValueTask<EngineReply> DoneLaterAsync(
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

    private async ValueTask<EngineReply> LookHereAsync(LimitRequest request, EngineReply otherwise, CancellationToken cancellationToken)
    {
        var known = await local.ExecuteAsync(request, cancellationToken).ConfigureAwait(false);
        return !known.IsFault && known.Decision.IsAdmitted ? known : otherwise.From(ReplySource.Engine);
    }

    private OnUnavailable ChoiceFor(in LimitRequest request) =>
        policies.TryGet(request.Key.Scope.Policy, out var policy) ? policy.OnUnavailable : OnUnavailable.Local;
}
