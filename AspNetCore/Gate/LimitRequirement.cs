using Microsoft.AspNetCore.Http;

namespace OrleansLimiter.AspNetCore.Gate;

/// <summary>A limit that an endpoint requires: metadata that <c>RequireLimit</c> adds.</summary>
/// <param name="Policy">The policy's name; upper case does not matter.</param>
/// <param name="Cost">How many permits a request takes, at least 0.</param>
/// <param name="Point">When it is asked. Default: before the endpoint, after authentication.</param>
/// <param name="Key">Who is counted, in the place of what the policy says. Default (null): what the policy says.</param>
internal sealed record LimitRequirement(
    string Policy, int Cost, LimitPoint Point = LimitPoint.Endpoint, Func<HttpContext, string?>? Key = null);
