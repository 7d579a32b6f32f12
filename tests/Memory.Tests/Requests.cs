using System.Globalization;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Engines.Memory;

namespace OrleansLimiter.Memory.Tests;

/// <summary>Short words for requests.</summary>
internal static class Requests
{
    public static readonly KeyScope Acme = KeyScope.Of("acme", "default");
    public static readonly KeyScope Other = KeyScope.Of("other", "default");

    public static LimitSpec Spec(Algorithm algorithm, long limit, TimeSpan window) => LimitSpec.Of(algorithm, Bandwidth.Of(limit, window));

    public static LimitRequest Of(
        LimitSpec spec,
        long subject,
        Operation operation = Operation.Acquire,
        long permits = 1,
        string? id = null,
        LeaseId lease = default,
        KeyScope? scope = null) => new(
            SubjectKey.Of(scope ?? Acme, string.Create(CultureInfo.InvariantCulture, $"user-{subject}")),
            spec,
            operation,
            Permits.Of(permits),
            id is null ? RequestId.None : RequestId.Of(id),
            lease);

    public static EngineFaultKind FaultOf(this MemoryEngine engine, in LimitRequest request) => engine.Execute(request).Fault.Kind;
}
