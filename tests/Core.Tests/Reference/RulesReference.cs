using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Core.Tests.Reference;

/// <summary>What a key holds under one spec, and its operations as the rules describe them.</summary>
internal abstract class RulesReference
{
    public abstract Decision Apply(Operation operation, long permits, LeaseId lease, Int128 now);

    public static RulesReference Create(LimitSpec spec, Int128 now) => spec.Algorithm == Algorithm.Concurrency
        ? new ConcurrencyReference(spec.Bandwidths[0])
        : TogetherReference.Fresh(spec, now);

    /// <summary>Whether a place is held.</summary>
    public virtual bool Holds(LeaseId lease, Int128 now) => false;

    /// <summary>The rules of a newer spec, carrying over what was used under these.</summary>
    public abstract RulesReference Adopt(LimitSpec old, LimitSpec spec, Int128 now);

    /// <summary>A state of its own that is the same.</summary>
    public abstract RulesReference Copy();

    /// <summary>Whether what is used under <paramref name="old"/> has room under <paramref name="spec"/>.</summary>
    public abstract bool Fits(LimitSpec old, LimitSpec spec, Int128 now);

    /// <summary>When the key is as good as fresh if nothing else happens.</summary>
    public abstract Wait WholeAfter(Int128 now);
}
