using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;
using OrleansLimiter.TestKit;

namespace OrleansLimiter.Conformance;

/// <summary>
/// Two contents of one revision in turn on one key. Each caller is answered under its own and adopts nothing; a new key has its caller's
/// limit; a refused caller is admitted exactly after the told wait and not a microsecond before; no window holds more than the bound; each
/// has its own limit again when it comes back.
/// </summary>
internal sealed class TurnPlay(IConformanceTarget target, LimitSpec one, LimitSpec other, string name, long seed)
{
    private const int Turns = 24;
    private const long CommonWindow = 2_000_000;
    private const long Start = 1_795_308_217_000_000;

    private readonly Dice _dice = new(seed);
    private readonly KeyScope _scope = KeyScope.Of("acme", name);
    private readonly List<string> _told = [];
    private readonly List<(long At, long Permits)> _admitted = [];
    private readonly List<(long At, long Permits)> _proceeding = [];
    private readonly List<(long Until, long Permits)> _places = [];
    private IConformancePlay? _play;
    private long _now;
    private int _followed;

    private bool CountsBoth => CountsPermits(one) == CountsPermits(other);

    /// <summary>Plays.</summary>
    /// <returns>How many refusals were followed.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        _now = Start + _dice.From(0, 6_000_000);
        await using var play = _play = await target.StartAsync(new Instant(_now), cancellationToken);
        var key = SubjectKey.Of(_scope, "user_123");
        await FreshAsync(key, one, cancellationToken);
        for (var turn = 0; turn < Turns; turn++)
        {
            await MoveAsync(DrawPause(), cancellationToken);
            await TakeAsync(key, _dice.OnceIn(2) ? one : other, cancellationToken);
        }

        // A key that is new to both, and back again: what was changed and changed back takes effect at once.
        await FreshAsync(SubjectKey.Of(_scope, "second"), other, cancellationToken);
        await FreshAsync(SubjectKey.Of(_scope, "third"), one, cancellationToken);
        foreach (var spec in (LimitSpec[])[one, other, one])
            await AskAsync(key, spec, Operation.Peek, 0, cancellationToken);
        CheckBounds();
        return _followed;
    }

    private long DrawPause() => _dice.From(0, 7) switch
    {
        < 3 => 0,
        3 => 1,
        4 or 5 => _dice.From(0, 400_000),
        6 => CommonWindow - _now % CommonWindow,
        _ => CommonWindow - 1 - _now % CommonWindow,
    };

    private async Task FreshAsync(SubjectKey key, LimitSpec spec, CancellationToken cancellationToken)
    {
        var seen = await AskAsync(key, spec, Operation.Peek, 0, cancellationToken);
        Check(seen.Remaining == spec.Capacity && seen.Limit == spec.Capacity, "a new key has not its caller's limit");
    }

    private async Task TakeAsync(SubjectKey key, LimitSpec spec, CancellationToken cancellationToken)
    {
        var operation = _dice.OnceIn(3) ? Operation.AcquireUpTo : Operation.Acquire;
        var permits = operation == Operation.AcquireUpTo ? spec.Capacity : _dice.OneOf(1, 1, 2, _dice.From(1, spec.Capacity));
        var decision = await AskAsync(key, spec, operation, permits, cancellationToken);
        if (decision.Charged > 0 && CountsPermits(spec))
        {
            _admitted.Add((_now, decision.Charged));
            _proceeding.Add((_now + decision.Delay.Microseconds, decision.Charged));
        }

        if (decision.Charged > 0 && !CountsPermits(spec))
            Hold(spec, decision.Charged);
        if (decision.Charged > 0 && spec.Supports(Operation.Refund) && _dice.OnceIn(6))
        {
            await AskAsync(key, spec, Operation.Refund, decision.Charged, cancellationToken);
            _admitted.Add((_now, -decision.Charged));
        }

        if (decision.Outcome == Outcome.Limited && _dice.OnceIn(2))
            await FollowAsync(key, spec, operation == Operation.AcquireUpTo ? 1 : permits, decision.RetryAfter, cancellationToken);
    }

    private async Task FollowAsync(SubjectKey key, LimitSpec spec, long permits, Wait retryAfter, CancellationToken cancellationToken)
    {
        Check(retryAfter.Microseconds > 0, "a refusal tells no wait");
        await MoveAsync(retryAfter.Microseconds - 1, cancellationToken);
        Check(!(await AskAsync(key, spec, Operation.Peek, permits, cancellationToken)).IsAdmitted,
            "admitted a microsecond before the told wait is over");
        await MoveAsync(1, cancellationToken);
        Check((await AskAsync(key, spec, Operation.Peek, permits, cancellationToken)).IsAdmitted, "refused after the told wait");
        _followed++;
    }

    private async Task<Decision> AskAsync(
        SubjectKey key, LimitSpec spec, Operation operation, long permits, CancellationToken cancellationToken)
    {
        var reply = await _play!.Engine.ExecuteAsync(new LimitRequest(key, spec, operation, Permits.Of(permits)), cancellationToken);
        _told.Add($"{_now - Start}: {key.Subject} {operation} {permits} under {spec} -> {Answer.Of(reply, 0, [])}");
        Check(!reply.IsFault, "a fault");
        Check(reply.NewerSpec is null, "a caller is told to adopt what is not newer");
        Check(spec.Bandwidths.Any(bandwidth => bandwidth.Capacity == reply.Decision.Limit), "not answered under the caller's content");
        return reply.Decision;
    }

    private ValueTask MoveAsync(long by, CancellationToken cancellationToken) =>
        _play!.SetClockAsync(new Instant(_now += by), cancellationToken);

    private void Hold(LimitSpec spec, long permits)
    {
        _places.RemoveAll(place => place.Until <= _now);
        _places.Add((_now + spec.Bandwidths[0].WindowMicroseconds, permits));
        var most = CountsBoth ? Math.Max(one.Capacity, other.Capacity) : spec.Capacity;
        Check(_places.Sum(place => place.Permits) <= most, "more places are held than either content has");
    }

    private void CheckBounds()
    {
        if (one.Algorithm == Algorithm.LeakyBucket && other.Algorithm == Algorithm.LeakyBucket)
            CheckTurns();
        var counting = new[] { one, other }.Where(CountsPermits).ToList();
        foreach (var window in counting.SelectMany(spec => spec.Bandwidths).Select(bandwidth => bandwidth.WindowMicroseconds).Distinct())
        {
            var bound = TurnBound.Of(counting[0], counting[^1], window);
            for (var last = 0; last < _admitted.Count; last++)
            {
                var sum = 0L;
                for (var first = last; first >= 0 && _admitted[last].At - _admitted[first].At < window; first--)
                {
                    sum += _admitted[first].Permits;
                    Check(sum <= bound, $"{sum} admitted within {window} us, at most {bound} may be");
                }
            }
        }
    }

    /// <summary>
    /// Turns come in the order in which they were told, and no faster than the faster content lets them: those in a window but the last
    /// cost less than it frees.
    /// </summary>
    private void CheckTurns()
    {
        var (own, others) = (one.Bandwidths[0], other.Bandwidths[0]);
        var isFaster = own.Limit * others.WindowMicroseconds > others.Limit * own.WindowMicroseconds;
        var faster = isFaster ? own : others;
        var (limit, window) = (faster.Limit, faster.WindowMicroseconds);
        for (var first = 0; first < _proceeding.Count; first++)
        {
            var sum = 0L;
            for (var last = first; last < _proceeding.Count; last++)
            {
                Check(sum * window <= (_proceeding[last].At - _proceeding[first].At + 1) * limit,
                    "callers proceed faster than the faster content lets them");
                sum += _proceeding[last].Permits;
            }
        }
    }

    private static bool CountsPermits(LimitSpec spec) => spec.Algorithm != Algorithm.Concurrency;

    private void Check(bool holds, string complaint)
    {
        if (!holds)
            throw new TurnException($"{one} and {other}, seed {seed}: {complaint}.\n{string.Join('\n', _told)}");
    }
}

/// <summary>A rule was broken while two contents took turns.</summary>
/// <param name="message">Which, and the turns.</param>
public sealed class TurnException(string message) : Exception(message);
