using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore;

/// <summary>Hears of requests that a limit of an endpoint refused: metadata that <c>OnLimitRefused</c> adds.</summary>
/// <param name="HearAsync">Is told of the request and the answer, before the refusal is written.</param>
public sealed record LimitRefusalListener(Func<HttpContext, LimitAnswer, ValueTask> HearAsync);
