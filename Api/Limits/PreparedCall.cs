using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.Api.Limits;

/// <summary>A call whose every value was checked.</summary>
/// <param name="Handle">The tenant under the policy.</param>
/// <param name="Key">Whose counter.</param>
/// <param name="Cost">How many permits.</param>
/// <param name="RequestId">The caller's name for the request, if it has one.</param>
internal readonly record struct PreparedCall(LimitHandle Handle, SubjectKey Key, Permits Cost, RequestId RequestId);
