using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>Hears of requests that a limit of an endpoint refused: metadata that <c>OnLimitRefused</c> adds.</summary>
/// <param name="HearAsync">Is told of the request and the answer, before the refusal is written.</param>
internal sealed record LimitRefusalListener(Func<HttpContext, LimitAnswer, ValueTask> HearAsync);
