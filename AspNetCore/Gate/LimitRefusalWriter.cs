using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>
/// Writes the response of requests that a limit of an endpoint refused: metadata that <c>WriteLimitRefusal</c> adds; the last one added
/// writes. Not asked for gRPC calls.
/// </summary>
/// <param name="WriteAsync">Writes it. Status, <c>Retry-After</c>, <c>Cache-Control</c> and the <c>RateLimit</c> headers are there
/// already.</param>
internal sealed record LimitRefusalWriter(Func<HttpContext, LimitRefusal, Task> WriteAsync);
