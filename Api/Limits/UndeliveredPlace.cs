using OrleansLimiter.AspNetCore.Gate;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// A place of a concurrency limit whose name its caller never heard, because it went away before the response was sent: nobody would
/// release it. Places are asked for under provisional names, and held for their whole time only when the response that tells of them was
/// sent.
/// </summary>
internal static class UndeliveredPlace
{
    /// <summary>When the response has ended, has the place held on to; or given back, where the caller was gone by then.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="charge">The place.</param>
    /// <param name="hasId">
    /// Whether it was asked for under a request id: then its caller may still hear of it by asking again, and it is not taken from it
    /// before its short life is over.
    /// </param>
    public static void HoldIfHeard(HttpContext context, LimitCharge charge, bool hasId) =>
        context.Response.OnCompleted(async () =>
        {
            if (!context.RequestAborted.IsCancellationRequested)
                Hold(charge);
            else if (!hasId)
                await charge.UndoAsync();
        });

    // Not waited for: the next request on the connection is. What the engine does not answer is asked for again behind it.
    private static void Hold(LimitCharge charge)
    {
        if (charge.IsProvisional)
            _ = charge.RenewAsync().AsTask();
    }
}
