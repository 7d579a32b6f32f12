using Orleans.Placement;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Core.Quotas;
using OrleansLimiter.Grains;

namespace OrleansLimiter.Orleans.Tests;

/// <summary>
/// The actor of every key as the build had it before algorithms had actors of their own, for silos of that build in one cluster with
/// silos of this one. It stores when it leaves memory, and not after an interval.
/// </summary>
[RandomPlacement]
[GrainType("ol.limit")]
[CollectionAgeLimit(Minutes = KeyDurability.IdleMinutes)]
internal sealed class LimitGrainBefore(SiloParts silo)
    : Grain,
        ITokenBucketGrain,
        IGcraGrain,
        IFixedWindowGrain,
        ISlidingWindowCounterGrain,
        ISlidingWindowLogGrain,
        ILeakyBucketGrain,
        IConcurrencyGrain
{
    private readonly KeyQuota _quota = new(long.MaxValue);
    private int _weight;
    private LimitSpec? _spec;
    private KeyState _state;
    private KeyStore? _store;

    public ValueTask<LimitReplyMessage> ExecuteAsync(LimitCallMessage call, CancellationToken cancellationToken)
    {
        var request = WireMap.ToRequest(call, silo.Catalog);
        return _spec is null ? FirstAsync(request, cancellationToken) : new(Execute(request));
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_store is { NeedsSaving: true })
            await _store.WriteAsync(_spec!, _state);
    }

    private async ValueTask<LimitReplyMessage> FirstAsync(LimitRequest request, CancellationToken cancellationToken)
    {
        if (KeyDurability.IsDurable(request.Spec))
        {
            var store = new KeyStore(silo, this.GetGrainId());
            if (!await store.TryReadAsync(cancellationToken))
                return WireMap.Failed(ReplyKind.Unavailable);
            _store = store;
            if (store.TryRestore(out var spec, out var state))
                (_spec, _state, _weight) = (spec, state, KeyWeight.BytesOf(state));
        }

        if (_spec is null)
            (_spec, _state) = (request.Spec, LimitKey.Fresh(request.Spec, silo.Clock.Now()));
        return Execute(request);
    }

    private LimitReplyMessage Execute(in LimitRequest request)
    {
        var lease = NewLease.For(_spec!, request.Spec);
        WeighedKey.Execute(_quota, ref _weight, ref _spec!, ref _state, request, lease, silo.Clock.Now(), out var reply);
        if (_store is not null && !reply.IsFault && reply.Decision.Charged > 0)
            _store.NeedsSaving = true;
        return WireMap.ToMessage(reply, silo.Catalog);
    }
}
