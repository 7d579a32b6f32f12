using OrleansLimiter.Core.Algorithms;
using OrleansLimiter.Core.Decisions;
using OrleansLimiter.Core.Limits;

namespace OrleansLimiter.Conformance;

/// <summary>
/// What the Core answers: a key per subject, and nothing is ever forgotten. Where an engine may forget whole keys, and its
/// answer differs, the oracle looks whether forgetting this one at an instant when it was whole explains every answer since;
/// but only where the rules let that show (<see cref="ConformanceFeatures.ForgetsWholeKeys"/>).
/// </summary>
internal sealed class Oracle(ConformanceFeatures features)
{
    private readonly Dictionary<SubjectKey, OracleKey> _keys = [];
    private readonly Dictionary<KeyScope, LimitSpec> _newest = [];
    private Instant _latest;

    /// <summary>What the Core answers to a request, given what the engine answered.</summary>
    /// <param name="request">The request, with the oracle's own lease.</param>
    /// <param name="newLease">The lease for it to give out.</param>
    /// <param name="step">The step's number.</param>
    /// <param name="now">The time.</param>
    /// <param name="actual">What the engine answered.</param>
    /// <returns>The answer that the engine should have given; <paramref name="actual"/> itself if it may.</returns>
    public Answer Ask(LimitRequest request, LeaseId newLease, int step, Instant now, Answer actual)
    {
        var named = request.Spec.Version;
        if (features.HasFlag(ConformanceFeatures.SharesNewestSpec))
            request = request with { Spec = Share(request.Key.Scope, request.Spec) };
        if (!_keys.TryGetValue(request.Key, out var key))
            _keys[request.Key] = key = new OracleKey();
        _latest = Instant.Max(_latest, now);
        key.Asked.Add(new Asked(request, newLease, step, now, _latest, named));
        var expected = key.Next();
        if (expected != actual && features.HasFlag(ConformanceFeatures.ForgetsWholeKeys)
            && key.WhereForgettingExplains(actual) is { } forgotten)
        {
            _keys[request.Key] = forgotten;
            return actual;
        }

        key.Given.Add(actual);
        return expected;
    }

    private LimitSpec Share(KeyScope scope, LimitSpec spec)
    {
        // A newer revision holds for all; two contents of one revision, and what configuration says, each for its own callers.
        if (spec.Version.Revision > 0 && (!_newest.TryGetValue(scope, out var known) || spec.Version.IsNewerThan(known.Version)))
            _newest[scope] = spec;
        return _newest.TryGetValue(scope, out var newest) && newest.Version.IsNewerThan(spec.Version) ? newest : spec;
    }

    /// <summary>One request that a key was asked.</summary>
    /// <param name="Request">What was asked.</param>
    /// <param name="NewLease">The lease to give out.</param>
    /// <param name="Step">The step's number.</param>
    /// <param name="At">The time.</param>
    /// <param name="Latest">The latest time that any key was asked at, until then.</param>
    /// <param name="Named">The version that the caller named.</param>
    private sealed record Asked(LimitRequest Request, LeaseId NewLease, int Step, Instant At, Instant Latest, SpecVersion Named);

    /// <summary>A key, what it was asked and what the engine answered: enough to live it again.</summary>
    private sealed class OracleKey
    {
        private LimitSpec? _spec;
        private KeyState _state;
        private int _done;

        /// <summary>The requests.</summary>
        public List<Asked> Asked { get; private init; } = [];

        /// <summary>The engine's answers.</summary>
        public List<Answer> Given { get; private init; } = [];

        /// <summary>The step that each lease was first given out in.</summary>
        private Dictionary<LeaseId, int> Leases { get; init; } = [];

        /// <summary>Before which requests the key may have been forgotten.</summary>
        private List<bool> Forgettable { get; init; } = [];

        /// <summary>Answers the next request.</summary>
        public Answer Next()
        {
            var asked = Asked[_done];
            if (Forgettable.Count == _done)
                Forgettable.Add(_spec is not null && LimitKey.ForgettableAt(_spec, _state, Asked[_done - 1].At) <= asked.Latest);
            _done++;
            if (_spec is null)
            {
                _spec = asked.Request.Spec;
                _state = LimitKey.Fresh(_spec, asked.At);
            }

            try
            {
                var decides = _spec.Decides(asked.Request.Spec);
                var reply = LimitKey.Execute(ref _spec, ref _state, asked.Request, asked.NewLease, asked.At);
                var answer = Answer.Of(reply, asked.Step, Leases);

                // A shared newest spec was put in the caller's place: the caller gets it all the same.
                return answer.Decision is not null && decides.Version.IsNewerThan(asked.Named)
                    ? answer with { NewerSpec = decides.Version }
                    : answer;
            }
            catch (NotSupportedException)
            {
                return Answer.NotSupported;
            }
        }

        /// <summary>
        /// The key as it is if it was forgotten where that explains all answers since, the last included; null if nothing does.
        /// </summary>
        public OracleKey? WhereForgettingExplains(Answer last)
        {
            for (var first = _done - 1; first > 0; first--)
            {
                if (!Forgettable[first] || !MayShow(first))
                    continue;
                var again = new OracleKey
                {
                    Asked = Asked,
                    Given = [.. Given, last],
                    Forgettable = [.. Forgettable.Take(first + 1)],
                    Leases = new(Leases.Where(lease => lease.Value < Asked[first].Step)),
                    _done = first,
                };
                while (again._done < Asked.Count && again.Next() == again.Given[again._done - 1])
                {
                    if (again._done == Asked.Count)
                        return again;
                }
            }

            return null;
        }

        /// <summary>
        /// Whether the rules let it show that the key was forgotten before a request: an older spec was named since, or the clock stepped
        /// back behind it, or a lease was asked for, which a key that is under another content does not give.
        /// </summary>
        private bool MayShow(int first)
        {
            var newest = Asked.Take(first).Max(asked => asked.Named.Revision);
            return Asked.Skip(first).Any(asked =>
                asked.Named.Revision < newest || asked.At < Asked[first].Latest || asked.Request.Operation == Operation.Lease);
        }
    }
}
