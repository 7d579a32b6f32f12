using System.Globalization;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>
/// A reply in a form that can be compared: a lease, whose bits each engine makes itself, is the number of the step that
/// gave it out; a newer spec is its version; an operation that the key's spec has not is an answer too.
/// </summary>
/// <param name="Decision">The decision, without its lease; null for a fault.</param>
/// <param name="Fault">The fault, if there is one.</param>
/// <param name="LeaseOf">The step that the lease was first given out in; 0 for no lease, less for one that no step gave out.</param>
/// <param name="NewerSpec">The version of the newer spec that came with it.</param>
/// <param name="IsSupported">Whether the key's spec has the operation.</param>
internal sealed record Answer(Decision? Decision, EngineFault Fault, int LeaseOf, SpecVersion? NewerSpec, bool IsSupported)
{
    /// <summary>The key's spec has no such operation.</summary>
    public static Answer NotSupported { get; } = new(null, default, 0, null, false);

    /// <summary>What an engine replied in a step; its lease is looked up among those given out before, and added if it is new.</summary>
    public static Answer Of(EngineReply reply, int step, Dictionary<LeaseId, int> leases)
    {
        if (reply.IsFault)
            return new Answer(null, reply.Fault, 0, null, true);
        var leaseOf = 0;
        if (!reply.Decision.Lease.IsNone && !leases.TryGetValue(reply.Decision.Lease, out leaseOf))
            leases[reply.Decision.Lease] = leaseOf = step;
        return new Answer(reply.Decision with { Lease = default }, default, leaseOf, reply.NewerSpec?.Version, true);
    }

    /// <summary>The answer in one line.</summary>
    public override string ToString()
    {
        if (!IsSupported)
            return "not supported";
        if (Decision is not { } decision)
            return $"fault {Fault.Kind}, ask again after {Of(Fault.RetryAfter)}";
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{decision.Outcome}, charged {decision.Charged}, remaining {decision.Remaining} of {decision.Limit} (bandwidth "
                + $"{decision.Tightest}), retry {Of(decision.RetryAfter)}, reset {Of(decision.ResetAfter)}, next {Of(decision.NextAfter)}");
        if (decision.Delay != Wait.None)
            text += $", delay {Of(decision.Delay)}";
        if (LeaseOf != 0)
            text += string.Create(CultureInfo.InvariantCulture, $", lease of step {LeaseOf}");
        return NewerSpec is { } newer ? text + string.Create(CultureInfo.InvariantCulture, $", newer spec {newer.Revision}") : text;
    }

    private static string Of(Wait wait) => wait.IsNever ? "never" : wait.Microseconds.ToString(CultureInfo.InvariantCulture);
}
