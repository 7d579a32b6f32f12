using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>How one endpoint's requests are refused: who hears of it, and who writes the response. Immutable.</summary>
/// <param name="listeners">Who hears of it first.</param>
/// <param name="writer">Who writes the response; null: problem details, or gRPC's own status.</param>
internal sealed class LimitRefusals(IReadOnlyList<LimitRefusalListener> listeners, LimitRefusalWriter? writer)
{
    /// <summary>How the requests of an endpoint are refused; null: those of none.</summary>
    public static LimitRefusals Of(Endpoint? endpoint) =>
        new(endpoint?.Metadata.GetOrderedMetadata<LimitRefusalListener>() ?? [], endpoint?.Metadata.GetMetadata<LimitRefusalWriter>());

    /// <summary>
    /// Refuses a request: status and <c>Retry-After</c> stand before anybody hears of it, so that whoever writes a response of their own
    /// has them.
    /// </summary>
    /// <param name="context">A request whose response has not started.</param>
    /// <param name="answer">The answer to tell.</param>
    /// <param name="cost">What was asked for.</param>
    /// <param name="refusers">The answers of all limits that refuse now.</param>
    public async Task WriteAsync(HttpContext context, LimitAnswer answer, long cost, IReadOnlyList<LimitAnswer> refusers)
    {
        var refusal = LimitRefusal.Begin(context, answer, cost, refusers);
        foreach (var listener in listeners)
            await listener.HearAsync(context, answer);
        if (context.Response.HasStarted)
            return;

        // Another protocol's page would be an UNAVAILABLE or UNKNOWN to a gRPC caller, without the wait.
        if (writer is not null && !GrpcRefusal.IsGrpc(context.Request))
            await writer.WriteAsync(context, refusal);
        else
            await refusal.WriteAsync(context);
    }
}
