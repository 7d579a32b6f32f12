namespace OrleansLimiter.Resilience;

/// <summary>Where a call of a remote engine comes from.</summary>
/// <param name="Handler">Who sees the reply first; null where the caller is told it as it is.</param>
/// <param name="Asked">When the request was asked.</param>
/// <param name="Caller">The caller's token.</param>
internal readonly record struct CallOrigin(IReplyHandler? Handler, AskedAt Asked, CancellationToken Caller)
{
    /// <summary>A call of this process' own, which nobody cancels.</summary>
    public static CallOrigin Own => default;
}
