using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using OrleansLimiter.Configuration;
using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Core.Ports;
using OrleansLimiter.Health;
using OrleansLimiter.Leases;
using OrleansLimiter.Metrics;
using OrleansLimiter.Service;

namespace OrleansLimiter.Resilience;

/// <summary>
/// A remote engine that always answers: within its deadline, or locally, or with a fault, as each policy says
/// (<see cref="Policy.OnUnavailable"/>). The memory engine needs none of this. Safe for use by many threads.
/// </summary>
/// <remarks>
/// The one place that knows who is around whom: next to the engine <see cref="RemoteCalls"/>, which counts a call until it really ends,
/// holds it to its deadline and has the breakers see what that made of it, all in one object; around that <see cref="FallbackEngine"/>,
/// which takes back the places of calls that were given up, and answers where the engine does not; and before all, where a policy says so,
/// <see cref="LeasingEngine"/>, which decides with permits that were given in advance.
/// </remarks>
internal sealed class ResilientEngine : ILimitEngine, IDisposable
{
    private static readonly SubjectKey Looked = SubjectKey.Of(KeyScope.Of(KeyScope.OwnTenant, "health"), "front-end");
    private static readonly LimitSpec LookedUnder = LimitSpec.Of(Algorithm.TokenBucket, Bandwidth.Of(1, TimeSpan.FromSeconds(1)));

    private readonly ILimitEngine _top;
    private readonly RemoteCalls _calls;
    private readonly IReturningEngine? _returning;
    private readonly CancellationTokenSource _stopping = new();

    private ResilientEngine(
        ILimitEngine top, RemoteCalls calls, ILimitEngine remote, DebtCollector collector, DebtLedger debts, PlaceReturns returns)
    {
        Health = remote as IEngineHealth;
        Returns = returns;
        _top = top;
        Leasing = top as LeasingEngine;
        _calls = calls;
        _returning = remote as IReturningEngine;
        if (_returning is not null)
            _returning.Returned += LookAgain;
        Collector = collector;
        Debts = debts;
    }

    /// <summary>The remote engine's. Replies made in its place say so themselves (<see cref="EngineReply.Source"/>).</summary>
    public string Source => _top.Source;

    /// <summary>The last looks at an engine that said it was back.</summary>
    internal Task LastLook { get; private set; } = Task.CompletedTask;

    /// <summary>Who decides with permits that were given in advance; null where no policy says so.</summary>
    internal LeasingEngine? Leasing { get; }

    /// <summary>What the remote engine knows of itself; null where it says nothing.</summary>
    internal IEngineHealth? Health { get; }

    /// <summary>Who charges what was decided locally.</summary>
    internal DebtCollector Collector { get; }

    /// <summary>Who gives places back that nobody holds.</summary>
    internal PlaceReturns Returns { get; }

    /// <summary>What was decided locally and not charged yet.</summary>
    internal DebtLedger Debts { get; }

    /// <summary>Puts all that around a remote engine.</summary>
    /// <param name="remote">The engine that decides where it can. Where it is an <see cref="IPartitionedEngine"/> too, each partition has
    /// its breaker; where it is an <see cref="IReturningEngine"/>, its word that it is back ends the breakers' pause.</param>
    /// <param name="local">Decides in its place, for policies that say <see cref="OnUnavailable.Local"/>; it should answer at once, as the
    /// memory engine does, and serve nobody else.</param>
    /// <param name="settings">Deadlines, bounds and policies.</param>
    /// <param name="time">The clock.</param>
    /// <param name="meters">Makes the meter <c>OrleansLimiter</c>.</param>
    /// <param name="logger">Where changes are logged, without keys.</param>
    /// <param name="random">Spreads the breakers' pauses; null for one seeded by the system. Used under a lock.</param>
    /// <returns>The engine to give to <see cref="LimitService"/>.</returns>
    public static ResilientEngine Build(
        ILimitEngine remote,
        ILimitEngine local,
        LimiterSettings settings,
        TimeProvider time,
        IMeterFactory meters,
        ILogger logger,
        Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        ArgumentNullException.ThrowIfNull(local);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(meters);
        ArgumentNullException.ThrowIfNull(logger);
        var limits = settings.Resilience;
        var metrics = new ResilienceMetrics(meters, remote.Source);
        var log = new ResilienceLog(time, logger);
        var breakers = new Breakers(
            remote.Source, remote as IPartitionedEngine, limits, time, Locked(random ?? new Random()), metrics, log);
        var calls = new RemoteCalls(remote, breakers, limits, time, metrics, log);

        var returns = new PlaceReturns(calls, () => calls.IsFree, time, log);
        var remembered = new RememberedAnswers(time);
        var debts = new DebtLedger(time, metrics, log, remote.Source);
        var budget = new LocalBudget(local, new LocalSpecs(limits.FrontEnds), remembered, debts);
        var collector = new DebtCollector(calls, budget, remembered, debts, limits.ChargesPerSecond, time, metrics, log);
        var fallback = new PolicyFallback(budget, returns, settings.Policies, metrics);
        var top = new FallbackEngine(calls, fallback, remembered, returns, metrics);
        if (!settings.Policies.All.Any(policy => policy.IsLeased))
            return new ResilientEngine(top, calls, remote, collector, debts, returns);
        var leasing = new LeasingEngine(top, calls, settings.Policies, remembered, time, log);
        metrics.ObserveLeases(leasing.Counts);
        return new ResilientEngine(leasing, calls, remote, collector, debts, returns);
    }

    public ValueTask<EngineReply> ExecuteAsync(LimitRequest request, CancellationToken cancellationToken) =>
        LimiterTraces.IsOn ? LimiterTraces.AskAsync(_top, request, cancellationToken) : _top.ExecuteAsync(request, cancellationToken);

    /// <summary>
    /// Whether the remote engine answers: it is asked about a key that nobody counts on, as any caller would ask, within the deadline.
    /// </summary>
    /// <returns>True for any answer of its own.</returns>
    public async ValueTask<bool> IsAnsweringAsync() => !(await _calls.LookAsync(Looked, LookedUnder).ConfigureAwait(false)).Fault.IsAway;

    /// <summary>
    /// Stops charging what was decided locally, and looking whether the engine is back. The engines it was made of are not disposed of.
    /// </summary>
    public void Dispose()
    {
        if (_returning is not null)
            _returning.Returned -= LookAgain;
        _stopping.Cancel();
        Leasing?.Dispose();
        Collector.Dispose();
        Returns.Dispose();
    }

    private void LookAgain()
    {
        if (LastLook.IsCompleted)
            LastLook = _calls.LookAgainAsync(Looked, LookedUnder, _stopping.Token);
    }

    private static Func<double> Locked(Random random) => () =>
    {
        lock (random)
            return random.NextDouble();
    };
}
