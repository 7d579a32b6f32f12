using System.Diagnostics.Metrics;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Leases;
using OrleansLimiter.Metrics;

namespace OrleansLimiter.Resilience;

/// <summary>
/// What is measured around a remote engine, on the meter <c>OrleansLimiter</c>. Every tag is of a fixed set: <c>engine</c> is the engine's
/// source, and no policy, key or partition is named. Decisions themselves are counted by <see cref="LimiterMetrics"/>. Safe for use by many
/// threads.
/// </summary>
internal sealed class ResilienceMetrics
{
    /// <summary>
    /// The counter of breakers' changes, in <c>{transition}</c>; tags <c>engine</c>, <c>scope</c> (<c>engine</c> or <c>partition</c>),
    /// <c>state</c> (<c>open</c>, <c>half_open</c> or <c>closed</c>).
    /// </summary>
    public const string TransitionsName = "orleanslimiter.breaker.transitions";

    /// <summary>
    /// The gauge of breakers that are not closed now, in <c>{breaker}</c>; tags <c>engine</c>, <c>scope</c> (<c>engine</c>: 1 or 0,
    /// <c>partition</c>: how many).
    /// </summary>
    public const string OpenName = "orleanslimiter.breaker.open";

    /// <summary>
    /// The counter of requests that the engine did not answer, in <c>{request}</c>; tags <c>engine</c>, <c>reason</c> (<c>unavailable</c>,
    /// <c>deadline_exceeded</c> or <c>overloaded</c>), <c>answer</c> (<c>local</c>, <c>allow</c> or <c>deny</c>).
    /// </summary>
    public const string FallbacksName = "orleanslimiter.fallbacks";

    /// <summary>The counter of requests beyond the bound of calls in flight, in <c>{request}</c>; tag <c>engine</c>.</summary>
    public const string InFlightRejectionsName = "orleanslimiter.in_flight.rejections";

    /// <summary>
    /// The counter of what became of keys decided locally, in <c>{charge}</c>; tags <c>engine</c>, <c>outcome</c> (<c>sent</c>,
    /// <c>retried</c>, <c>lost</c>, or <c>whole</c>: nothing left to charge).
    /// </summary>
    public const string ChargesName = "orleanslimiter.charges";

    /// <summary>
    /// The counter of requests refused again without asking the engine, which had refused as much within the wait that it told, in
    /// <c>{request}</c>; tag <c>engine</c>.
    /// </summary>
    public const string RememberedRefusalsName = "orleanslimiter.remembered_refusals";

    /// <summary>
    /// The counter of permits that the engine gave in advance, in <c>{permit}</c>; tags <c>engine</c>, <c>state</c> (<c>granted</c>;
    /// <c>spent</c> and <c>returned</c>, counted when a lease is over; <c>stranded</c>: neither in time).
    /// </summary>
    public const string LeasedPermitsName = "orleanslimiter.leases.permits";

    private static readonly string[] StateNames = ["closed", "open", "half_open"];
    private static readonly string[] ReasonNames = ["none", "unavailable", "deadline_exceeded", "overloaded"];
    private static readonly string[] AnswerNames = ["local", "allow", "deny"];
    private static readonly string[] OutcomeNames = ["sent", "retried", "lost", "whole"];

    private readonly KeyValuePair<string, object?> _engine;
    private readonly Meter _meter;
    private readonly Counter<long> _transitions;
    private readonly Counter<long> _fallbacks;
    private readonly Counter<long> _inFlightRejections;
    private readonly Counter<long> _charges;
    private readonly Counter<long> _rememberedRefusals;

    public ResilienceMetrics(IMeterFactory meters, string engine)
    {
        var meter = _meter = meters.Create(LimiterMetrics.MeterName);
        _engine = new("engine", engine);
        _transitions = meter.CreateCounter<long>(TransitionsName, "{transition}", "Changes of the breakers before a remote engine.");
        _fallbacks = meter.CreateCounter<long>(
            FallbacksName, "{request}", "Requests that a remote engine did not answer, and what was answered instead.");
        _inFlightRejections = meter.CreateCounter<long>(
            InFlightRejectionsName, "{request}", "Requests not sent because as many calls as may be were under way.");
        _charges = meter.CreateCounter<long>(ChargesName, "{charge}", "What became of the charges for what was decided locally.");
        _rememberedRefusals = meter.CreateCounter<long>(
            RememberedRefusalsName, "{request}", "Requests refused again without asking the engine, within the wait that it told.");
    }

    /// <summary>Measures which breakers are not closed, whenever someone asks. Call once.</summary>
    /// <param name="isOpen">Whether the one over all calls is not.</param>
    /// <param name="openPartitions">How many partitions' are not.</param>
    public void ObserveBreakers(Func<bool> isOpen, Func<int> openPartitions) => _meter.CreateObservableGauge<int>(
        OpenName,
        () =>
        [
            new(isOpen() ? 1 : 0, _engine, new("scope", "engine")),
            new(openPartitions(), _engine, new("scope", "partition")),
        ],
        "{breaker}",
        "Breakers before a remote engine that are not closed now.");

    /// <summary>Measures what became of permits that the engine gave in advance, whenever someone asks. Call once.</summary>
    /// <param name="counts">Where it is counted.</param>
    public void ObserveLeases(LeaseCounts counts) => _meter.CreateObservableCounter<long>(
        LeasedPermitsName,
        () =>
        [
            new(counts.AllGranted, _engine, new("state", "granted")),
            new(counts.AllSpent, _engine, new("state", "spent")),
            new(counts.AllReturned, _engine, new("state", "returned")),
            new(counts.AllStranded, _engine, new("state", "stranded")),
        ],
        "{permit}",
        "Permits that a remote engine gave in advance, and what became of them.");

    public void CountTransition(bool isPartition, CircuitState state) =>
        _transitions.Add(1, _engine, new("scope", isPartition ? "partition" : "engine"), new("state", StateNames[(int)state]));

    /// <summary>The engine did not answer.</summary>
    public void CountFallback(EngineFaultKind reason, OnUnavailable answer) =>
        _fallbacks.Add(1, _engine, new("reason", ReasonNames[(int)reason]), new("answer", AnswerNames[(int)answer]));

    /// <summary>A request was not sent.</summary>
    public void CountInFlightRejection() => _inFlightRejections.Add(1, _engine);

    /// <summary>A refusal was told again.</summary>
    public void CountRememberedRefusal() => _rememberedRefusals.Add(1, _engine);

    /// <summary>A charge came to something.</summary>
    public void CountCharge(ChargeOutcome outcome) => _charges.Add(1, _engine, new("outcome", OutcomeNames[(int)outcome]));
}
