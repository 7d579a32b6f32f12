using OrleansLimiter.AspNetCore;

namespace OrleansLimiter.Api.Limits;

/// <summary>
/// A place of a concurrency limit whose name its caller never heard, because it went away before the response was sent: nobody would release it. One that was asked for under a
/// request id is heard of by asking again.
/// </summary>
internal static class UnheardPlace
{
    /// <summary>Has a place given back when the response has ended and the caller was gone by then.</summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="charge">The place.</param>
    public static void TakeBackUnlessHeard(HttpContext context, LimitCharge charge) =>
        context.Response.OnCompleted(async () =>
        {
            if (context.RequestAborted.IsCancellationRequested)
                await charge.UndoAsync();
        });
}
