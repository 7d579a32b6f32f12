using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.Service;

namespace OrleansLimiter.Testing;

/// <summary>
/// A test double of <see cref="ILimiter"/>, for the tests of code that asks one. Without policies of its own it admits everything under any
/// name; policies that are declared are counted exactly, by the embedded engine and the test's clock, and no others are there. What a test
/// says by <see cref="Admit"/>, <see cref="Refuse"/> and <see cref="Unavailable"/> goes before both, and what it says of one subject before
/// what it says of a policy. Arguments are held to the rules of the real one. Safe for use by many threads.
/// </summary>
/// <remarks>It stands for <see cref="ILimiter"/> alone: the limits of endpoints (<c>RequireLimit</c>) do not ask it.</remarks>
public sealed class FakeLimiter : ILimiter
{
    private const string Source = "fake";

    private static readonly KeyScope AnyPolicy = KeyScope.Of(KeyScope.OwnTenant, "any");

    private readonly Lock _lock = new();
    private readonly List<(Operation Operation, string Policy, string Subject, long Cost, string? RequestId)> _calls = [];
    private readonly Dictionary<(string Policy, string? Subject), Arranged> _arranged = [];
    private readonly TimeProvider _time;
    private readonly OwnLimiter? _counting;

    /// <summary>Creates a double.</summary>
    /// <param name="time">
    /// The clock of refusals and of policies that are declared, as a <c>FakeTimeProvider</c>. Default (null): one that stands still.
    /// </param>
    /// <param name="configure">
    /// Declares the policies to count, as <see cref="LimiterOptions.AddPolicy"/> does. Default (null): none, so that every name is one.
    /// </param>
    /// <exception cref="LimiterConfigurationException">A policy breaks a rule.</exception>
    public FakeLimiter(TimeProvider? time = null, Action<LimiterOptions>? configure = null)
    {
        _time = time ?? new StandingClock();
        _counting = configure is null ? null : CountingLimiter.Create(_time, configure);
    }

    /// <summary>
    /// What was asked so far, in order, with the names and values that were passed; a copy. Calls that threw are not among it, and a
    /// release is of cost 0, with the place in the stead of the request id.
    /// </summary>
    public IReadOnlyList<(Operation Operation, string Policy, string Subject, long Cost, string? RequestId)> Calls
    {
        get
        {
            lock (_lock)
                return [.. _calls];
        }
    }

    /// <summary>Forgets <see cref="Calls"/>. What is counted and what was said stay.</summary>
    public void ClearCalls()
    {
        lock (_lock)
            _calls.Clear();
    }

    /// <summary>Admits from now on without counting, until something else is said.</summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="subject">Whom, as the code passes it. Default (null): everybody of whom nothing is said.</param>
    /// <returns>This double.</returns>
    /// <exception cref="ArgumentException">Policies are declared, and this is none of them.</exception>
    public FakeLimiter Admit(string policy, string? subject = null) => Arrange(policy, subject, new Arranged(LimitReason.Granted));

    /// <summary>
    /// Refuses from now on until the clock has gone on by <paramref name="retryAfter"/>; each refusal tells what is left of it. What is
    /// given back meanwhile is taken.
    /// </summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="retryAfter">For how long, above zero.</param>
    /// <param name="subject">Whom, as the code passes it. Default (null): everybody of whom nothing is said.</param>
    /// <returns>This double.</returns>
    /// <exception cref="ArgumentException">Policies are declared, and this is none of them.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retryAfter"/> is not above zero.</exception>
    public FakeLimiter Refuse(string policy, TimeSpan retryAfter, string? subject = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(retryAfter, TimeSpan.Zero);
        return Arrange(policy, subject, new Arranged(LimitReason.Limited, _time.GetTimestamp(), retryAfter));
    }

    /// <summary>Answers from now on that nobody can decide, with a wait of 1 s, until something else is said.</summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <param name="isAdmitted">
    /// What is done with whoever asks. Default (null): what the declared policy's <see cref="OnUnavailable"/> and shadow say; false where
    /// none is declared.
    /// </param>
    /// <param name="subject">For whom, as the code passes it. Default (null): everybody of whom nothing is said.</param>
    /// <returns>This double.</returns>
    /// <exception cref="ArgumentException">Policies are declared, and this is none of them.</exception>
    public FakeLimiter Unavailable(string policy, bool? isAdmitted = null, string? subject = null) =>
        Arrange(policy, subject, new Arranged(LimitReason.Unavailable, IsAdmitted: isAdmitted));

    /// <summary>
    /// Takes back all that was said of a policy and of its subjects: it is counted again if it is declared, and admits otherwise.
    /// </summary>
    /// <param name="policy">The policy's name; upper case does not matter.</param>
    /// <returns>This double.</returns>
    /// <exception cref="ArgumentException">Policies are declared, and this is none of them.</exception>
    public FakeLimiter Clear(string policy)
    {
        HandleOf(policy, Operation.Acquire);
        lock (_lock)
        {
            foreach (var said in _arranged.Keys.Where(said => said.Policy == Folded(policy)).ToList())
                _arranged.Remove(said);
        }

        return this;
    }

    /// <inheritdoc />
    public async ValueTask<LimitLease> AcquireAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default)
    {
        var answer = Answer(Operation.Acquire, policy, subject, cost, requestId, cancellationToken);
        return answer is { } result
            ? new LimitLease(result)
            : await _counting!.AcquireAsync(policy, subject, cost, requestId, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public async ValueTask<LimitResult> PeekAsync(
        string policy, string subject, long cost = 1, CancellationToken cancellationToken = default) =>
        Answer(Operation.Peek, policy, subject, cost, requestId: null, cancellationToken) is { } result
            ? result
            : await _counting!.PeekAsync(policy, subject, cost, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask<LimitResult> RefundAsync(
        string policy, string subject, long cost = 1, string? requestId = null, CancellationToken cancellationToken = default) =>
        Answer(Operation.Refund, policy, subject, cost, requestId, cancellationToken) is { } result
            ? result
            : await _counting!.RefundAsync(policy, subject, cost, requestId, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask<LimitResult> ReleaseAsync(
        string policy, string subject, string placeId, CancellationToken cancellationToken = default) =>
        Answer(Operation.Release, policy, subject, cost: 0, placeId, cancellationToken) is { } result
            ? result
            : await _counting!.ReleaseAsync(policy, subject, placeId, cancellationToken).ConfigureAwait(false);

    private FakeLimiter Arrange(string policy, string? subject, Arranged arranged)
    {
        HandleOf(policy, Operation.Acquire);
        lock (_lock)
            _arranged[(Folded(policy), subject)] = arranged;
        return this;
    }

    /// <summary>Checks and records a call; null where it is to be counted.</summary>
    private LimitResult? Answer(
        Operation operation, string policy, string subject, long cost, string? requestId, CancellationToken cancellationToken)
    {
        var handle = HandleOf(policy, operation);
        OwnLimiter.KeyOf(handle?.Scope ?? AnyPolicy, subject);
        if (operation == Operation.Release)
        {
            OwnLimiter.PlaceOf(requestId!);
        }
        else
        {
            OwnLimiter.PermitsOf(cost);
            OwnLimiter.IdOf(requestId);
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
        {
            _calls.Add((operation, policy, subject, cost, requestId));
            var arranged = Holding(Folded(policy), subject) ?? Holding(Folded(policy), null);
            if (arranged?.IsAbout(operation) == true)
                return ResultOf(arranged, operation, handle?.Policy, policy);
            return _counting is null ? ResultOf(new Arranged(LimitReason.Granted), operation, declared: null, policy) : null;
        }
    }

    /// <summary>The handle of a declared policy; null where every name is one.</summary>
    private LimitHandle? HandleOf(string policy, Operation operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(policy);
        return _counting?.HandleOf(policy, operation);
    }

    /// <summary>What was said and still holds: a refusal ends with its wait.</summary>
    private Arranged? Holding(string policy, string? subject)
    {
        if (!_arranged.TryGetValue((policy, subject), out var arranged))
            return null;
        if (arranged.Reason != LimitReason.Limited || LeftOf(arranged) > TimeSpan.Zero)
            return arranged;
        _arranged.Remove((policy, subject));
        return null;
    }

    private TimeSpan LeftOf(Arranged refusal) => refusal.RetryAfter - _time.GetElapsedTime(refusal.Since);

    private LimitResult ResultOf(Arranged arranged, Operation operation, Policy? declared, string policy)
    {
        var asks = operation is Operation.Acquire or Operation.Peek;
        var capacity = declared?.SpecFor(Tenants.Tenant.FreeTier).Capacity ?? Bandwidth.MaxLimit;
        var left = LeftOf(arranged);
        var result = new LimitResult { Source = Source, Policy = declared?.Name ?? policy, Reason = arranged.Reason };
        return arranged.Reason switch
        {
            LimitReason.Granted => result with { IsAdmitted = true, Remaining = capacity, Limit = capacity },
            LimitReason.Limited => result with
            {
                IsAdmitted = declared?.IsShadow == true,
                Limit = capacity,
                RetryAfter = left,
                ResetAfter = left,
            },
            _ => result with
            {
                IsAdmitted = asks && (arranged.IsAdmitted ?? declared is { IsShadow: true } or { OnUnavailable: OnUnavailable.Allow }),
                Fault = EngineFaultKind.Unavailable,
                RetryAfter = TimeSpan.FromSeconds(1),
            },
        };
    }

    private static string Folded(string policy) => policy.ToUpperInvariant();
}
